// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import type { Problem } from "../api/types";
import { t } from "../i18n";
import { problemText } from "../i18n/words";
import { Icon, type IconName } from "./icon";

export type Tone = "good" | "wait" | "bad" | "info" | "calm";

const ICON: Record<Tone, IconName> = {
  good: "good",
  wait: "warning",
  bad: "bad",
  info: "info",
  calm: "info",
};

export function Notice(props: { tone: Tone; live?: boolean; children: ComponentChildren }) {
  return (
    <div class={`notice notice-${props.tone}`} role={props.live ? "status" : undefined}>
      <Icon name={ICON[props.tone]} />
      <div>{props.children}</div>
    </div>
  );
}

/** What went wrong, in words, with the number that support will ask for. */
export function ProblemNotice(props: { problem: Problem | undefined; retry?: () => void }) {
  const { problem, retry } = props;
  return (
    <div role="alert">
      {problem && (
        <Notice tone="bad">
          <p>{problemText(problem)}</p>
          {problem.request && problem.status >= 500 && (
            <p class="note">{t("problem.request", { request: problem.request })}</p>
          )}
          {retry && (
            <p>
              <button type="button" class="button button-small" onClick={retry}>
                <Icon name="again" />
                {t("action.retry")}
              </button>
            </p>
          )}
        </Notice>
      )}
    </div>
  );
}

/** Nothing here: why, and what one can do about it. */
export function Empty(props: {
  icon?: IconName;
  title?: string;
  actions?: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon ?? "inbox"} />
      {props.title && <p class="empty-title">{props.title}</p>}
      {props.children}
      {props.actions && <div class="row">{props.actions}</div>}
    </div>
  );
}

/** Something is being read. Shown only when that takes longer than a blink (parts.css). */
export function Waiting(props: { rows?: number }) {
  return (
    <div class="waiting" role="status">
      {Array.from({ length: props.rows ?? 3 }, (_, at) => (
        <span key={at} />
      ))}
      <p class="unseen">{t("state.loading")}</p>
    </div>
  );
}

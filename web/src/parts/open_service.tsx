// SPDX-License-Identifier: Apache-2.0
// The way into a service: a one-time ticket to its own origin, in a new tab.
import { api } from "../api/client";
import { useAction } from "../api/resource";
import { t } from "../i18n";
import { Icon } from "./icon";
import { ProblemNotice } from "./notice";

/** The tab is opened during the click, or the browser blocks it. */
export function OpenService(props: { id: string; small?: boolean; name?: string }) {
  const { run, busy, problem } = useAction(async () => {
    const tab = window.open("about:blank", "_blank");
    try {
      const { url } = await api.post<{ url: string }>(`/services/${props.id}/ticket`, {});
      if (tab === null) {
        location.assign(url);
        return;
      }
      tab.opener = null;
      tab.location.replace(url);
    } catch (cause) {
      tab?.close();
      throw cause;
    }
  });
  return (
    <>
      <button
        type="button"
        class={`button ${props.small ? "button-small" : "button-primary"}`}
        aria-busy={busy}
        aria-disabled={busy ? "true" : undefined}
        aria-label={props.name && t("service.open_one", { name: props.name })}
        onClick={() => void run()}
      >
        <Icon name="outside" />
        {props.small ? t("service.open_short") : t("service.open")}
      </button>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}

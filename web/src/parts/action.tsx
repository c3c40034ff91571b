// SPDX-License-Identifier: Apache-2.0
// A button that does something on the server, with its refusal beside it.
import type { ComponentChildren } from "preact";
import { useAction } from "../api/resource";
import { Icon, type IconName } from "./icon";
import { ProblemNotice } from "./notice";

interface ActionProps {
  act: () => Promise<void>;
  icon?: IconName;
  kind?: "primary" | "danger" | "plain";
  small?: boolean;
  /** Said to screen readers instead of the text, when several buttons say the same. */
  label?: string;
  children: ComponentChildren;
}

export function ActionButton(props: ActionProps) {
  const { run, busy, problem } = useAction(props.act);
  const kind = props.kind ? `button-${props.kind}` : "";
  return (
    <>
      <button
        type="button"
        class={`button ${kind} ${props.small ? "button-small" : ""}`}
        aria-busy={busy}
        aria-disabled={busy ? "true" : undefined}
        aria-label={props.label}
        onClick={() => void run()}
      >
        {props.icon && <Icon name={props.icon} />}
        {props.children}
      </button>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}

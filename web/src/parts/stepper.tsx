// SPDX-License-Identifier: Apache-2.0
// Where one is on a way of several steps. A step that one may go to again is a link or a button.
import { t } from "../i18n";
import { Icon, type IconName } from "./icon";

export interface Step {
  text: string;
  state: "done" | "here" | "coming" | "problem";
  /** A second line: by whom, until when, what is missing. */
  note?: string;
  to?: string;
  go?: () => void;
}

const ICON: Record<Step["state"], IconName> = {
  done: "good",
  here: "here",
  coming: "coming",
  problem: "warning",
};

function Name({ step }: { step: Step }) {
  if (step.to) return <a href={step.to}>{step.text}</a>;
  if (step.go) {
    return (
      <button type="button" class="link" onClick={step.go}>
        {step.text}
      </button>
    );
  }
  return <span>{step.text}</span>;
}

export function Stepper(props: { label: string; steps: Step[] }) {
  return (
    <nav class="stepper" aria-label={props.label}>
      <ol role="list">
        {props.steps.map((step) => (
          <li
            key={step.text}
            class={`step-${step.state}`}
            aria-current={step.state === "here" ? "step" : undefined}
          >
            <Icon name={ICON[step.state]} />
            <div>
              <p>
                <Name step={step} />
                <span class="unseen"> ({t(`stepper.${step.state}`)})</span>
              </p>
              {step.note && <p class="note">{step.note}</p>}
            </div>
          </li>
        ))}
      </ol>
    </nav>
  );
}

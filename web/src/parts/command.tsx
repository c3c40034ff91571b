// SPDX-License-Identifier: Apache-2.0
// The command box: what a page or a button does, as the `darse` command and the `curl` call that do
// the same. Open or folded, and there at all, by the person's choice, kept in this browser.
import { useId, useState } from "preact/hooks";
import { t } from "../i18n";
import { createStore, useStore } from "../store";
import { cliText, curlText, type Call } from "./command_text";
import { Icon } from "./icon";

export { option } from "./command_text";

type Shown = "open" | "folded" | "hidden";
const CHOICE = "darse.commands";
const FORM = "darse.command_form";
const SAID_MS = 2000;

function remembered(): Shown {
  const kept = localStorage.getItem(CHOICE);
  return kept === "open" || kept === "hidden" ? kept : "folded";
}

export const commands = createStore<Shown>(remembered());

export function showCommands(shown: Shown): void {
  localStorage.setItem(CHOICE, shown);
  commands.set(shown);
}

type Form = "darse" | "curl";
const form = createStore<Form>(localStorage.getItem(FORM) === "curl" ? "curl" : "darse");

function chooseForm(chosen: Form): void {
  localStorage.setItem(FORM, chosen);
  form.set(chosen);
}

export interface CommandLine {
  /** What it does, when the box holds several. */
  text?: string;
  /** The words after `darse`. */
  cli: (string | number | undefined | false | null)[];
  call?: Call;
}

export function CopyButton({ text }: { text: string }) {
  const [said, setSaid] = useState<"copied" | "failed" | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      setSaid("failed");
    }
    setTimeout(() => setSaid(null), SAID_MS);
  };
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label={t("command.copy")}
        title={t("command.copy")}
        onClick={() => void copy()}
      >
        <Icon name={said === "copied" ? "check" : "copy"} />
      </button>
      <span class={said === "failed" ? "note" : "unseen"} role="status">
        {said && t(`command.${said}`)}
      </span>
    </>
  );
}

function Line({ line, as }: { line: CommandLine; as: Form }) {
  const text = as === "curl" && line.call ? curlText(location.origin, line.call) : cliText(line.cli);
  return (
    <div class="command-line">
      {line.text && <p class="note">{line.text}</p>}
      <div>
        {/* Scrolls by itself, so that it must take the keyboard. */}
        <pre tabIndex={0} aria-label={line.text ?? t("command.title")}>
          <code>{text}</code>
        </pre>
        <CopyButton text={text} />
      </div>
    </div>
  );
}

function Forms({ as }: { as: Form }) {
  const id = useId();
  return (
    <fieldset class="switch">
      <legend class="unseen">{t("command.form")}</legend>
      {(["darse", "curl"] as const).map((one) => (
        <label key={one}>
          <input
            type="radio"
            name={id}
            value={one}
            checked={as === one}
            onChange={() => chooseForm(one)}
          />
          <span>{one}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function Command(props: { lines: CommandLine[] }) {
  const shown = useStore(commands);
  const as = useStore(form);
  const id = useId();
  if (shown === "hidden" || props.lines.length === 0) return null;
  const open = shown === "open";
  const anyCall = props.lines.some((line) => line.call);
  return (
    <div class="command">
      <div class="command-head">
        <button
          type="button"
          class="command-fold"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => showCommands(open ? "folded" : "open")}
        >
          <Icon name="service" />
          {t("command.title")}
          <Icon name="chevron" class="chevron" />
        </button>
        {open && anyCall && <Forms as={as} />}
      </div>
      <div id={id} hidden={!open}>
        {open && props.lines.map((line, at) => <Line key={at} line={line} as={as} />)}
      </div>
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
// Forms: native fields, and the server's refusal in words beside the field that it is about, or
// above the button when it is about the whole.
import { createContext, type ComponentChildren } from "preact";
import { useContext, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/types";
import { useAction } from "../api/resource";
import { t } from "../i18n";
import { problemField, problemText } from "../i18n/words";
import { Icon } from "./icon";
import { ProblemNotice } from "./notice";

interface FormState {
  problem: Problem | undefined;
  field: string | undefined;
  busy: boolean;
}

const FormContext = createContext<FormState>({ problem: undefined, field: undefined, busy: false });

interface FormProps {
  /** Gets the fields' values; what it throws is shown. */
  submit: (values: FormData) => Promise<void>;
  action: string;
  /** Reasons and the field that each is about, when the sentence does not name it. */
  about?: Record<string, string>;
  danger?: boolean;
  cancel?: () => void;
  label?: string;
  children: ComponentChildren;
}

export function Form(props: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const { run, busy, problem } = useAction(props.submit);
  const named = problem && (props.about?.[problem.reason] ?? problemField(problem));
  const inForm = named !== undefined && form.current?.elements.namedItem(named) !== null;
  const field = inForm ? named : undefined;
  // In the same turn as the words appear: a person who types on must not be moved later.
  useLayoutEffect(() => {
    if (!problem) return;
    const target = field
      ? form.current?.querySelector<HTMLElement>(`[name="${field}"]`)
      : form.current?.querySelector<HTMLElement>("[data-problem]");
    target?.focus();
  }, [problem]);
  return (
    <FormContext.Provider value={{ problem, field, busy }}>
      <form
        ref={form}
        class="form"
        aria-label={props.label}
        onSubmit={(event) => {
          event.preventDefault();
          void run(new FormData(event.currentTarget as HTMLFormElement));
        }}
      >
        {props.children}
        <div data-problem tabIndex={-1} hidden={!problem || field !== undefined}>
          <ProblemNotice problem={field === undefined ? problem : undefined} />
        </div>
        <div class="row">
          <button
            class={`button ${props.danger ? "button-danger" : "button-primary"}`}
            aria-busy={busy}
            aria-disabled={busy ? "true" : undefined}
          >
            {busy ? t("state.sending") : props.action}
          </button>
          {props.cancel && (
            <button type="button" class="button" onClick={props.cancel}>
              {t("action.cancel")}
            </button>
          )}
        </div>
      </form>
    </FormContext.Provider>
  );
}

interface FieldProps {
  name: string;
  label: string;
  hint?: ComponentChildren;
  optional?: boolean;
  value?: string;
}

function useField(name: string, hasHint: boolean) {
  const id = useId();
  const { problem, field } = useContext(FormContext);
  const wrong = problem && field === name ? problemText(problem) : undefined;
  const described = [hasHint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return {
    id,
    wrong,
    input: {
      id,
      name,
      "aria-invalid": wrong ? ("true" as const) : undefined,
      "aria-describedby": described || undefined,
    },
  };
}

function Frame(props: {
  id: string;
  label: string;
  hint?: ComponentChildren;
  optional?: boolean;
  wrong?: string;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <div class={`field ${props.class ?? ""}`}>
      <label for={props.id}>
        {props.label} {props.optional && <span class="optional">{t("form.optional")}</span>}
      </label>
      {props.hint && (
        <span class="hint" id={`${props.id}-hint`}>
          {props.hint}
        </span>
      )}
      {props.children}
      {props.wrong && (
        <span class="wrong" id={`${props.id}-wrong`}>
          <Icon name="bad" />
          {props.wrong}
        </span>
      )}
    </div>
  );
}

interface TextProps extends FieldProps {
  type?: "text" | "password" | "email" | "date" | "number" | "search";
  autocomplete?: string;
  max?: number;
  pattern?: string;
  onInput?: (value: string) => void;
}

export function TextField(props: TextProps) {
  const { id, wrong, input } = useField(props.name, Boolean(props.hint));
  return (
    <Frame {...props} id={id} wrong={wrong}>
      <input
        {...input}
        /* The type is one of ours; "text" stands for all to the checker of attributes. */
        type={(props.type ?? "text") as "text"}
        /* Else a browser takes whole steps from the value at first, and refuses all between. */
        step={props.type === "number" ? "any" : undefined}
        required={!props.optional}
        maxLength={props.max ?? 200}
        pattern={props.pattern}
        autocomplete={props.autocomplete ?? "off"}
        autocapitalize={props.type === "password" ? "none" : undefined}
        spellcheck={props.autocomplete ? false : undefined}
        defaultValue={props.value}
        onInput={(event) => props.onInput?.(event.currentTarget.value)}
      />
    </Frame>
  );
}

export function LongField(props: FieldProps & { rows?: number; max?: number }) {
  const { id, wrong, input } = useField(props.name, Boolean(props.hint));
  return (
    <Frame {...props} id={id} wrong={wrong}>
      <textarea
        {...input}
        rows={props.rows ?? 4}
        required={!props.optional}
        maxLength={props.max ?? 10000}
        defaultValue={props.value}
      />
    </Frame>
  );
}

/** The six digits of the second factor. */
export function CodeField(props: { name?: string; label?: string; hint?: ComponentChildren }) {
  const name = props.name ?? "code";
  const hint = props.hint ?? t("form.code.hint");
  const { id, wrong, input } = useField(name, true);
  return (
    <Frame class="one-time" label={props.label ?? t("form.code")} hint={hint} id={id} wrong={wrong}>
      <input
        {...input}
        required
        maxLength={40}
        inputMode="numeric"
        autocomplete="one-time-code"
        autocapitalize="none"
        spellcheck={false}
      />
    </Frame>
  );
}

export interface Choice {
  value: string;
  text: string;
  hint?: string;
}

export function SelectField(
  props: FieldProps & { choices: Choice[]; empty?: string; onChange?: (value: string) => void },
) {
  const { id, wrong, input } = useField(props.name, Boolean(props.hint));
  return (
    <Frame {...props} id={id} wrong={wrong}>
      <select
        {...input}
        required={!props.optional}
        onChange={(event) => props.onChange?.(event.currentTarget.value)}
      >
        {props.empty !== undefined && <option value="">{props.empty}</option>}
        {props.choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === props.value}>
            {choice.text}
          </option>
        ))}
      </select>
    </Frame>
  );
}

/** Several of a list (checkboxes) or one of a few with their explanation (radio). */
export function ChoicesField(
  props: Omit<FieldProps, "value"> & {
    choices: Choice[];
    values?: string[];
    one?: boolean;
    wide?: boolean;
  },
) {
  const { id, wrong, input } = useField(props.name, Boolean(props.hint));
  return (
    <fieldset class="field" aria-describedby={input["aria-describedby"]}>
      <legend>
        {props.label} {props.optional && <span class="optional">{t("form.optional")}</span>}
      </legend>
      {props.hint && (
        <span class="hint" id={`${id}-hint`}>
          {props.hint}
        </span>
      )}
      <div class={props.wide ? "choices" : "choices choices-grid"}>
        {props.choices.map((choice) => (
          <label class="choice" key={choice.value}>
            <input
              type={props.one ? "radio" : "checkbox"}
              name={props.name}
              value={choice.value}
              required={props.one && !props.optional}
              defaultChecked={props.values?.includes(choice.value)}
            />
            <span>
              {choice.text}
              {choice.hint && <span class="note"> {choice.hint}</span>}
            </span>
          </label>
        ))}
      </div>
      {wrong && (
        <span class="wrong" id={`${id}-wrong`}>
          <Icon name="bad" />
          {wrong}
        </span>
      )}
    </fieldset>
  );
}

export function FileField(
  props: FieldProps & { accept: string; onFile?: (file: File | undefined) => void },
) {
  const { id, wrong, input } = useField(props.name, Boolean(props.hint));
  return (
    <Frame {...props} id={id} wrong={wrong}>
      <input
        {...input}
        type="file"
        accept={props.accept}
        required={!props.optional}
        onChange={(event) => props.onFile?.(event.currentTarget.files?.[0])}
      />
    </Frame>
  );
}

/** What a form holds now, for a command box that follows it: the handler goes on an element around. */
export function useTyped(): [FormData, (event: Event) => void] {
  const [typed, setTyped] = useState(() => new FormData());
  const follow = (event: Event) => {
    const form = (event.target as HTMLElement).closest("form");
    if (form) setTyped(new FormData(form));
  };
  return [typed, follow];
}

/** A text of the form, without spaces around; undefined when empty (the API refuses ""). */
export function text(values: FormData, name: string): string | undefined {
  const value = values.get(name);
  if (typeof value !== "string") return undefined;
  const trimmed = value.trim();
  return trimmed === "" ? undefined : trimmed;
}

export function texts(values: FormData, name: string): string[] {
  return values.getAll(name).filter((value): value is string => typeof value === "string");
}

/** Logins written one after another: commas, spaces or lines. */
export function words(values: FormData, name: string): string[] {
  return (text(values, name) ?? "").split(/[\s,;]+/).filter((part) => part !== "");
}

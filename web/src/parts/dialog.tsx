// SPDX-License-Identifier: Apache-2.0
// A native dialog, open while it is drawn: Escape and the backdrop belong to the browser.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icon";

interface DialogProps {
  title: string;
  close: () => void;
  /** For tables and previews. */
  wide?: boolean;
  children: ComponentChildren;
}

const FIRST = "input:not([type=hidden]), select, textarea, button, a[href]";

export function Dialog(props: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const open = useRef(true);
  const id = useId();
  // Before the browser draws: nobody sees the dialog in the page, or types into what is behind it.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    // What the dialog asks comes before the way out of it.
    body.current?.querySelector<HTMLElement>(FIRST)?.focus();
    return () => {
      // What is behind takes no focus while the dialog is modal.
      open.current = false;
      element?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.wide ? "dialog-wide" : undefined}
      aria-labelledby={id}
      onClose={() => open.current && props.close()}
      onCancel={(event) => {
        event.preventDefault();
        props.close();
      }}
    >
      <div class="stack">
        <div class="dialog-head">
          <h2 id={id}>{props.title}</h2>
          <button
            type="button"
            class="icon-button"
            aria-label={t("action.close")}
            onClick={props.close}
          >
            <Icon name="close" />
          </button>
        </div>
        <div class="stack" ref={body}>
          {props.children}
        </div>
      </div>
    </dialog>
  );
}

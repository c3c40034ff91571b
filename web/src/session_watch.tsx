// SPDX-License-Identifier: Apache-2.0
// Nobody loses a session without a warning. A session ends at its time in any case, and sooner when
// nothing is asked: the first is put off by signing in again on the spot, the second by one request.
// The page and what is typed in it stay.
import { useEffect, useState } from "preact/hooks";
import { api, lastAnswer } from "./api/client";
import type { Session } from "./api/types";
import { t } from "./i18n";
import { formatDuration } from "./i18n/format";
import { Dialog } from "./parts/dialog";
import { CodeField, Form, text, TextField } from "./parts/form";
import { renewSession, session, signIn, signOut } from "./session";
import { useStore } from "./store";

const WARN_MS = 5 * 60_000;
const TICK_MS = 1000;
/** The server notes that somebody was there once a minute only. */
const NOTED_MS = 60_000;

export interface SessionEnd {
  at: number;
  /** Whether one request puts it off. */
  idle: boolean;
}

/** When the session ends if nothing is asked from now on. */
export function sessionEnd(expires: string, idleSeconds: number, answeredMs: number): SessionEnd {
  const end = new Date(expires).getTime();
  const quiet = answeredMs + idleSeconds * 1000 - NOTED_MS;
  return idleSeconds > 0 && quiet < end ? { at: quiet, idle: true } : { at: end, idle: false };
}

/** How long before its end a session is warned about: five minutes, or a third of a short one. */
export function warnBefore(idleSeconds: number): number {
  return idleSeconds > 0 ? Math.min(WARN_MS, (idleSeconds * 1000) / 3) : WARN_MS;
}

function SignInAgain(props: { done: () => void }) {
  const person = session.get()?.person;
  if (!person) return null;
  const submit = async (values: FormData) => {
    await signIn(person.login, text(values, "password") ?? "", text(values, "code"));
    props.done();
  };
  return (
    <Form submit={submit} action={t("session.again")} about={{ "identity.refused": "password" }}>
      <TextField name="password" type="password" label={t("sign_in.password")} autocomplete="current-password" max={1024} />
      {person.has_second_factor && <CodeField />}
    </Form>
  );
}

function Watch({ current }: { current: Session }) {
  const [now, setNow] = useState(Date.now());
  const [put, setPut] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const end = sessionEnd(current.expires, current.idle_seconds, lastAnswer());
  const left = end.at - now;
  const over = left <= 0;
  useEffect(() => {
    // The server says whether it is over; a 401 draws the sign-in page.
    if (over) void api.get("/session").catch(() => {});
  }, [over]);
  if (over || left > warnBefore(current.idle_seconds) || put === end.at) return null;
  const close = () => setPut(end.at);
  const stay = () => void renewSession().catch(() => {});
  return (
    <Dialog title={t("session.ends")} close={end.idle ? stay : close}>
      <p>
        {t(end.idle ? "session.idle" : "session.over", {
          duration: formatDuration(Math.ceil(left / 1000) * 1000),
        })}
      </p>
      {end.idle ? (
        <div class="row">
          <button type="button" class="button button-primary" onClick={stay}>
            {t("session.stay")}
          </button>
          <button type="button" class="button" onClick={() => void signOut()}>
            {t("action.sign_out")}
          </button>
        </div>
      ) : (
        <SignInAgain done={close} />
      )}
    </Dialog>
  );
}

export function SessionWatch() {
  const current = useStore(session);
  return current ? <Watch current={current} /> : null;
}

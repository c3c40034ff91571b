// SPDX-License-Identifier: Apache-2.0
// Files on their way to the server: in pieces, each acknowledged, so that what breaks goes on where it
// stopped. A list of them lives as long as its page.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, ProblemError, upload } from "../api/client";
import { problemFrom } from "../api/resource";
import type { Problem, Upload } from "../api/types";
import { t } from "../i18n";
import { formatBytes } from "../i18n/format";
import { Icon } from "./icon";
import { ProblemNotice } from "./notice";
import { Progress } from "./progress";

const PIECE_BYTES = 8 * 1024 * 1024;

export interface Sending {
  number: number;
  file: File;
  path: string;
  place: string;
  replace: boolean;
  started: number;
  sent: number;
  state: "sending" | "broken" | "done";
  upload?: Upload;
  problem?: Problem;
  abort: AbortController;
}

let last = 0;

/** The sends of one project; CHANGED is called when a file is in its place. */
export function useUploads(project: string, changed: () => void) {
  const [list, setList] = useState<Sending[]>([]);
  const kept = useRef<Sending[]>([]);
  const base = `/projects/${project}/uploads`;

  const show = () => setList([...kept.current]);
  const note = (one: Sending, change: Partial<Sending>) => {
    Object.assign(one, change);
    show();
  };

  const sendPieces = async (one: Sending, begun: Upload) => {
    let at = begun.received;
    while (at < one.file.size) {
      const from = at;
      const piece = one.file.slice(from, from + PIECE_BYTES);
      const answer = await upload<Upload>(
        `${base}/${begun.id}?offset=${from}`,
        piece,
        "application/octet-stream",
        (sent) => note(one, { sent: from + sent }),
        one.abort.signal,
      );
      at = answer.received;
      note(one, { sent: at, upload: answer });
    }
    await api.post(`${base}/${begun.id}/finish`);
  };

  const run = async (one: Sending) => {
    note(one, { state: "sending", problem: undefined, started: Date.now() });
    try {
      const begun = one.upload
        ? await api.get<Upload>(`${base}/${one.upload.id}`)
        : await api.post<Upload>(base, {
            place: one.place,
            path: one.path,
            size: one.file.size,
            replace: one.replace,
          });
      note(one, { upload: begun, sent: begun.received });
      await sendPieces(one, begun);
      note(one, { state: "done", upload: undefined });
      changed();
    } catch (cause) {
      if (one.abort.signal.aborted) return;
      // An upload that is no more begins anew; anything else goes on from where it stands.
      const gone = cause instanceof ProblemError && cause.problem.reason === "files.no_upload";
      note(one, {
        state: "broken",
        problem: problemFrom(cause),
        upload: gone ? undefined : one.upload,
      });
    }
  };

  const drop = (one: Sending) => {
    one.abort.abort();
    if (one.upload) api.delete(`${base}/${one.upload.id}`).catch(() => {});
    kept.current = kept.current.filter((other) => other !== one);
    show();
  };

  const add = (file: File, place: string, path: string, replace: boolean) => {
    const one: Sending = {
      number: ++last,
      file,
      path,
      place,
      replace,
      started: Date.now(),
      sent: 0,
      state: "sending",
      abort: new AbortController(),
    };
    kept.current = [...kept.current.filter((other) => other.state !== "done"), one];
    void run(one);
  };

  // A page that is left stops its sends; the server keeps for a day what has come.
  useEffect(() => () => kept.current.forEach((one) => one.abort.abort()), []);
  const running = list.some((one) => one.state === "sending");
  useEffect(() => {
    if (!running) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [running]);
  return { list, add, drop, retry: (one: Sending) => void run(one) };
}

export function UploadList(props: {
  list: Sending[];
  drop: (one: Sending) => void;
  retry: (one: Sending) => void;
}) {
  if (props.list.length === 0) return null;
  return (
    <ul class="stack uploads" role="list" aria-label={t("files.sends")}>
      {props.list.map((one) => (
        <li key={one.number} class="stack-close">
          <div class="row">
            {one.state === "done" ? (
              <p class="row" role="status">
                <Icon name="good" />
                <span class="break">{t("files.sent", { name: one.path })}</span>
              </p>
            ) : (
              <div class="grow">
                <Progress
                  label={one.path}
                  value={one.sent}
                  max={Math.max(one.file.size, 1)}
                  since={one.started}
                  note={`${formatBytes(one.sent)} / ${formatBytes(one.file.size)}`}
                />
              </div>
            )}
            {one.state === "broken" && (
              <button type="button" class="button button-small" onClick={() => props.retry(one)}>
                <Icon name="again" />
                {t("files.go_on")}
              </button>
            )}
            <button
              type="button"
              class="icon-button"
              aria-label={t(one.state === "done" ? "files.forget" : "files.cancel", {
                name: one.path,
              })}
              onClick={() => props.drop(one)}
            >
              <Icon name="close" />
            </button>
          </div>
          {one.problem && <ProblemNotice problem={one.problem} />}
        </li>
      ))}
    </ul>
  );
}

// SPDX-License-Identifier: Apache-2.0
// A text as it is, with what changed in it since an earlier round on demand: word by word.
import { useState } from "preact/hooks";
import { t } from "../i18n";

export interface Piece {
  kind: "same" | "added" | "removed";
  text: string;
}

const WORDS_MOST = 2000;

function push(pieces: Piece[], kind: Piece["kind"], text: string): void {
  const last = pieces[pieces.length - 1];
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}

/** The longest words in common stay; texts too long for that are shown whole, old then new. */
export function changeOfText(before: string, after: string): Piece[] {
  const [a, b] = [before.match(/\s+|\S+/g) ?? [], after.match(/\s+|\S+/g) ?? []];
  if (a.length > WORDS_MOST || b.length > WORDS_MOST)
    return [
      { kind: "removed", text: before },
      { kind: "added", text: after },
    ];
  const width = b.length + 1;
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i * width + j] =
        a[i] === b[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push(pieces, "same", a[i] ?? "");
      i++;
      j++;
    } else if (
      i < a.length &&
      (j >= b.length || (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    )
      push(pieces, "removed", a[i++] ?? "");
    else push(pieces, "added", b[j++] ?? "");
  }
  return pieces;
}

export function TextChange(props: { before: string; after: string; since: number }) {
  const [shown, show] = useState(true);
  return (
    <div class="stack-tight">
      <p class="prose">
        {shown
          ? changeOfText(props.before, props.after).map((piece, at) =>
              piece.kind === "added" ? (
                <ins key={at}>{piece.text}</ins>
              ) : piece.kind === "removed" ? (
                <del key={at}>{piece.text}</del>
              ) : (
                piece.text
              ),
            )
          : props.after}
      </p>
      <label class="choice">
        <input
          type="checkbox"
          checked={shown}
          onChange={(event) => show(event.currentTarget.checked)}
        />
        <span>{t("changes.show", { round: props.since })}</span>
      </label>
    </div>
  );
}

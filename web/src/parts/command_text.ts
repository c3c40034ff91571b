// SPDX-License-Identifier: Apache-2.0
// The text of a command box. Pure, so that what people paste into a shell is tested.

export interface Call {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** After /api/v1, with its query. */
  path: string;
  body?: unknown;
  /** Done only if what was read under this tag is still there. */
  ifMatch?: string;
  /** A local file sent as it is. */
  file?: string;
  /** What the file is, where the address takes more than one kind. */
  type?: string;
  /** Where the answer goes: a download. */
  output?: string;
}

/** One argument of a POSIX shell: quoted unless it is plain. `$NAMES` in it stay as they are. */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./~-]+$/.test(text) && !/^[~=]/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The words of a `darse` command; undefined and false are left out. */
export function cliText(words: (string | number | undefined | false | null)[]): string {
  const kept = words.filter((word) => word !== undefined && word !== false && word !== null && word !== "");
  return ["darse", ...kept.map((word) => shellWord(String(word)))].join(" ");
}

/** `--name value` when there is a value. */
export function option(name: string, value: string | number | undefined | null): string[] {
  return value === undefined || value === null || value === "" ? [] : [`--${name}`, String(value)];
}

const CONTINUED = " \\\n  ";

export function curlText(origin: string, call: Call): string {
  const parts = ["curl --fail-with-body"];
  if (call.method !== "GET") parts[0] += ` -X ${call.method}`;
  parts.push('-H "Authorization: Bearer $DARSE_TOKEN"');
  if (call.ifMatch !== undefined) parts.push(`-H ${shellWord(`If-Match: ${call.ifMatch}`)}`);
  if (call.body !== undefined)
    parts.push("-H 'Content-Type: application/json'", `-d ${shellWord(JSON.stringify(call.body))}`);
  if (call.type !== undefined) parts.push(`-H ${shellWord(`Content-Type: ${call.type}`)}`);
  if (call.file !== undefined) parts.push(`--data-binary @${shellWord(call.file)}`);
  if (call.output !== undefined) parts.push(`-o ${shellWord(call.output)}`);
  parts.push(shellWord(`${origin}/api/v1${call.path}`));
  return parts.join(CONTINUED);
}

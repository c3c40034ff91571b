// SPDX-License-Identifier: Apache-2.0
// Answers that were asked for before whoever wants them was there. It must stay small: see ahead.ts.

/** How this server is read. */
export const READ = {
  headers: { Accept: "application/json" },
  credentials: "same-origin",
  cache: "no-store",
} as const;

const coming = new Map<string, Promise<Response | undefined>>();

export function askEarly(path: string): void {
  // What fails is asked again by whoever wants it, who then says what is wrong.
  coming.set(path, fetch(`/api/v1${path}`, READ).catch(() => undefined));
}

/** The answer to a GET of PATH that was asked early, once. */
export function takeEarly(path: string): Promise<Response | undefined> | undefined {
  const answer = coming.get(path);
  coming.delete(path);
  return answer;
}

/** Somebody else is here now. */
export function forgetEarly(): void {
  coming.clear();
}

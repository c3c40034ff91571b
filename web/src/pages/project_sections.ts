// SPDX-License-Identifier: Apache-2.0
// The addresses of a project's sections, apart from their pages: the table of routes needs the
// addresses at once and the pages later.
export const SECTION_PATHS = [
  "",
  "/members",
  "/data",
  "/services",
  "/files",
  "/exports",
  "/journal",
] as const;

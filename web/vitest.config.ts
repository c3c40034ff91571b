// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vitest/config";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: { include: ["test/*.test.ts"], pool: "threads", poolOptions: { threads: { maxThreads: 2 } } },
});

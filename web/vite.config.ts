// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vite";
import type { Plugin } from "vite";
import { gzipBeside } from "./gzip";

// Everything is a file of its own under /assets with its hash in its name: the content security
// policy is `default-src 'self'`, so nothing may be inlined in the page or in a data: address.
const portal = process.env.DARSE_URL ?? "http://localhost:8080";

/** Puts src/ahead.ts in a file of its own that the page loads beside the program, which shares it. */
function loadAhead(): Plugin {
  return {
    name: "load-ahead",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: "src/ahead.ts", name: "ahead" });
    },
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle = {} }) {
        const file = Object.values(bundle).find((one) => one.type === "chunk" && one.name === "ahead");
        if (!file) throw new Error("src/ahead.ts was not built");
        const src = `/${file.fileName}`;
        const attrs = { type: "module", async: true, fetchpriority: "high", crossorigin: true, src };
        return [{ tag: "script", attrs, injectTo: "head-prepend" }];
      },
    },
  };
}

export default defineConfig({
  plugins: [loadAhead(), gzipBeside()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  json: { stringify: true, namedExports: false },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: true,
  },
  server: {
    proxy: { "/api": { target: portal, changeOrigin: true, headers: { origin: portal } } },
  },
});

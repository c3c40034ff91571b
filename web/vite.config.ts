// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vite";
import { gzipBeside } from "./gzip";

// Everything is a file of its own under /assets with its hash in its name: the content security
// policy is `default-src 'self'`, so nothing may be inlined in the page or in a data: address.
const portal = process.env.DARSE_URL ?? "http://localhost:8080";

export default defineConfig({
  plugins: [gzipBeside()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
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

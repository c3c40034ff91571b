// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const WORTH_BYTES = 1024;

/** Writes "x.js.gz" beside "x.js": the server sends it to browsers that take it. */
export function gzipBeside(): Plugin {
  let folder = "";
  const walk = (path: string): void => {
    for (const name of readdirSync(path)) {
      const file = join(path, name);
      if (statSync(file).isDirectory()) walk(file);
      else if (/\.(js|css|svg|html|json)$/.test(name) && statSync(file).size >= WORTH_BYTES)
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
    }
  };
  return {
    name: "gzip-beside",
    apply: "build",
    configResolved: (config) => {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle: () => walk(folder),
  };
}

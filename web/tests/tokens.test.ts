// SPDX-License-Identifier: Apache-2.0
// The server checks the contrast of a theme against what is shipped: it must know what that is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(join(__dirname, "..", path), "utf8");

it("the server knows every colour of the pages, in both forms", () => {
  const shipped = [...read("src/style/tokens.css").matchAll(/--colour-([a-z-]+): ([^;]+);/g)].map(
    ([, name, value]) => {
      const two = /light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/.exec(value ?? "");
      return [name, two?.[1] ?? value, two?.[2] ?? value];
    },
  );
  const known = [
    ...read("../src/theme/tokens.c").matchAll(/\{"([a-z-]+)", "(#[0-9a-f]{6})", "(#[0-9a-f]{6})"\}/g),
  ].map(([, name, light, dark]) => [name, light, dark]);
  expect(shipped.length).toBeGreaterThan(30);
  expect(known).toEqual(shipped);
});

it("no style sheet but the tokens says a colour", () => {
  for (const name of ["base", "forms", "parts", "shell", "signals", "tables"]) {
    const plain = read(`src/style/${name}.css`).replace(/\.qr \{[^}]*\}|dialog::backdrop \{[^}]*\}/g, "");
    expect([name, plain.match(/#[0-9a-f]{3,8}\b|rgb\(/g)]).toEqual([name, null]);
  }
});

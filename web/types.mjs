// SPDX-License-Identifier: Apache-2.0
// Writes src/api/types.ts from the API document:
//   ../build/src/darse openapi | node types.mjs           writes it
//   ../build/src/darse openapi | node types.mjs --check   fails when it would be another
// Each named schema of the document becomes an interface of that name. Knows as much of JSON Schema
// as our document uses, and refuses the rest.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const target = fileURLToPath(new URL("src/api/types.ts", import.meta.url));
const preamble = `// SPDX-License-Identifier: Apache-2.0
// Generated from the API document by ../../types.mjs; to change it, change the rooms' tables of fields,
// then \`npm run types\`.

/** A page of a list. */
export interface Page<T> {
  items: T[];
  next: string | null;
}
`;

const scalars = { string: "string", integer: "number", number: "number", boolean: "boolean", null: "null" };

function typeNamed(name, schema) {
  if (name === "array") return arrayOf(typeOf(schema.items));
  if (name === "object") return objectOf(schema);
  if (!(name in scalars)) throw new Error(`unknown type ${name}`);
  return scalars[name];
}

function arrayOf(item) {
  return item.includes("|") ? `(${item})[]` : `${item}[]`;
}

function objectOf(schema) {
  return `{ ${members(schema).join(" ")} }`;
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type) return [schema.type].flat().map((name) => typeNamed(name, schema)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  return "unknown";
}

function members(schema) {
  return Object.entries(schema.properties).map(([name, property]) => {
    const comment = property.description ? `/** ${property.description.replace("*/", "* /")} */\n  ` : "";
    return `${comment}${name}${(schema.required ?? []).includes(name) ? "" : "?"}: ${typeOf(property)};`;
  });
}

function textOf(document) {
  const interfaces = Object.entries(document.components.schemas)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => {
      const lines = members(schema).map((member) => `  ${member}\n`);
      return `\nexport interface ${name} {\n${lines.join("")}}\n`;
    });
  return preamble + interfaces.join("");
}

const text = textOf(JSON.parse(readFileSync(0, "utf8")));
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("src/api/types.ts differs from the API document: run `npm --prefix web run types`");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}

// SPDX-License-Identifier: Apache-2.0
// The API document as a page shows it. Pure: knows the document's shape, nothing of the page.
import { shellWord } from "../parts/command_text";

export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: (string | null)[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  description?: string;
  format?: string;
}

interface Content {
  schema?: Schema;
  example?: unknown;
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  description?: string;
  schema: Schema;
  example?: unknown;
}

export interface Answer {
  $ref?: string;
  description?: string;
  content?: Record<string, Content>;
  "x-events"?: Record<string, Content & { description?: string }>;
}

export interface Operation {
  operationId: string;
  summary: string;
  tags?: string[];
  deprecated?: boolean;
  description?: string;
  security?: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Content> };
  responses: Record<string, Answer>;
}

export interface ApiDocument {
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    parameters: Record<string, Parameter>;
    responses: Record<string, Answer>;
  };
}

/** An operation with its place. */
export interface Call extends Operation {
  method: string;
  path: string;
}

export function callsOf(document: ApiDocument): Call[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters.map((one) =>
        one.$ref ? document.components.parameters[last(one.$ref)] ?? one : one,
      ),
    })),
  );
}

function last(reference: string): string {
  return reference.split("/").pop() ?? "";
}

/** Calls in which every word of WORDS is found: method, path, name, summary or group. */
export function found(calls: Call[], words: string): Call[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return calls.filter((call) => {
    const text = [call.method, call.path, call.operationId, call.summary, ...(call.tags ?? [])]
      .join(" ")
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

export interface Field {
  name: string;
  type: string;
  required: boolean;
  description: string;
}

const DEPTH_MAX = 3;

function resolved(document: ApiDocument, schema: Schema): Schema {
  if (schema.$ref) return document.components.schemas[last(schema.$ref)] ?? {};
  const other = schema.anyOf?.find((one) => one.$ref);
  return other ? resolved(document, other) : schema;
}

function typeText(document: ApiDocument, schema: Schema): string {
  if (schema.enum) return schema.enum.map(String).join(" | ");
  const whole = resolved(document, schema);
  const types = [whole.type ?? "any"].flat();
  if (schema.anyOf?.some((one) => one.type === "null")) types.push("null");
  return types
    .map((type) => (type === "array" && whole.items ? `[${typeText(document, whole.items)}]` : type))
    .map((type) => (type === "string" && whole.format ? whole.format : type))
    .join(" | ");
}

/** The fields of SCHEMA, those of what it holds with their path: "items[].organisation.id". */
export function fieldsOf(document: ApiDocument, schema: Schema, before = "", depth = 0): Field[] {
  const whole = resolved(document, schema);
  return Object.entries(whole.properties ?? {}).flatMap(([name, property]) => {
    const path = before + name;
    const own: Field = {
      name: path,
      type: typeText(document, property),
      required: whole.required?.includes(name) ?? false,
      description: property.description ?? "",
    };
    const inner = resolved(document, property);
    const list = inner.items ? resolved(document, inner.items) : undefined;
    const below = list?.properties ? list : inner.properties ? inner : undefined;
    if (!below || depth >= DEPTH_MAX) return [own];
    return [own, ...fieldsOf(document, below, `${path}${list ? "[]" : ""}.`, depth + 1)];
  });
}

function filled(call: Call): string {
  const example = (one: Parameter) => encodeURIComponent(String(one.example ?? one.name));
  let path = call.path;
  for (const one of call.parameters) if (one.in === "path") path = path.replace(`{${one.name}}`, example(one));
  const query = call.parameters.filter((one) => one.in === "query" && one.required);
  return path + (query.length ? `?${query.map((one) => `${one.name}=${example(one)}`).join("&")}` : "");
}

/** The call as a line for a shell; the token comes from the environment. */
export function curlOf(origin: string, call: Call): string {
  const parts = ["curl --fail-with-body"];
  if (call.method !== "GET") parts[0] += ` -X ${call.method}`;
  if (call.security?.length !== 0) parts.push('-H "Authorization: Bearer $DARSE_TOKEN"');
  const [type, body] = Object.entries(call.requestBody?.content ?? {})[0] ?? [];
  if (type) parts.push(`-H ${shellWord(`Content-Type: ${type}`)}`);
  if (body?.example !== undefined) parts.push(`-d ${shellWord(JSON.stringify(body.example))}`);
  else if (type) parts.push("--data-binary @FILE");
  if (Object.keys(call.responses["200"]?.content ?? {}).includes("text/event-stream")) parts.push("-N");
  parts.push(shellWord(origin + filled(call)));
  return parts.join(" \\\n  ");
}

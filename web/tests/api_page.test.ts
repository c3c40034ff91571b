// SPDX-License-Identifier: Apache-2.0
// What the page of the API makes of the document.
import { describe, expect, it } from "vitest";
import { callsOf, curlOf, fieldsOf, found, type ApiDocument } from "../src/pages/api_text";

const document: ApiDocument = {
  info: { version: "1" },
  paths: {
    "/api/v1/things/{thing}": {
      get: {
        operationId: "get_things_thing",
        summary: "One thing",
        tags: ["things"],
        parameters: [
          { name: "thing", in: "path", required: true, schema: {}, example: "thi-a b" },
          { name: "q", in: "query", required: true, schema: {}, example: "it's" },
          { name: "limit", in: "query", required: false, schema: {} },
          { $ref: "#/components/parameters/If-None-Match" } as never,
        ],
        responses: { "200": { content: { "text/event-stream": {} } } },
      },
      post: {
        operationId: "post_things_thing",
        summary: "Make it",
        security: [],
        parameters: [],
        requestBody: { content: { "application/json": { example: { name: "l'un" } } } },
        responses: { "201": {} },
      },
      put: {
        operationId: "put_things_thing",
        summary: "Send it",
        parameters: [],
        requestBody: { content: { "text/csv": {} } },
        responses: { "200": {} },
      },
    },
  },
  components: {
    schemas: {
      Page: {
        properties: { items: { type: "array", items: { $ref: "#/components/schemas/Thing" } } },
        required: ["items"],
      },
      Thing: {
        properties: {
          kind: { type: "string", enum: ["a", "b"] },
          owner: { anyOf: [{ $ref: "#/components/schemas/Owner" }, { type: "null" }] },
          end: { type: ["string", "null"], format: "date-time" },
        },
        required: ["kind"],
      },
      Owner: { type: "object", properties: { thing: { $ref: "#/components/schemas/Thing" } } },
    },
    parameters: {
      "If-None-Match": { name: "If-None-Match", in: "header", required: false, schema: {} },
    },
    responses: {},
  },
};
const [get, post, put] = callsOf(document);

describe("the page of the API", () => {
  it("finds operations by every word", () => {
    const calls = callsOf(document);
    expect(found(calls, "").length).toBe(3);
    expect(found(calls, "ONE things").map((call) => call.method)).toEqual(["GET"]);
    expect(found(calls, "one make")).toEqual([]);
  });

  it("names shared parameters", () => {
    expect(get?.parameters[3]?.name).toBe("If-None-Match");
  });

  it("writes calls that a shell takes", () => {
    expect(curlOf("http://x", get!)).toBe(
      'curl --fail-with-body \\\n  -H "Authorization: Bearer $DARSE_TOKEN" \\\n  -N \\\n  ' +
        "'http://x/api/v1/things/thi-a%20b?q=it'\\''s'",
    );
    expect(curlOf("http://x", post!)).toContain(`-d '{"name":"l'\\''un"}'`);
    expect(curlOf("http://x", post!)).not.toContain("Authorization");
    expect(curlOf("http://x", put!)).toContain("--data-binary @FILE");
  });

  it("lists fields with what they hold, however deep the schemas refer to one another", () => {
    const fields = fieldsOf(document, { $ref: "#/components/schemas/Page" });
    const of = (name: string) => fields.find((field) => field.name === name);
    expect(of("items")?.required).toBe(true);
    expect(of("items[].kind")).toMatchObject({ type: "a | b", required: true });
    expect(of("items[].owner")?.type).toBe("object | null");
    expect(of("items[].end")?.type).toBe("date-time | null");
    expect(fields.length).toBeLessThan(12);
  });
});

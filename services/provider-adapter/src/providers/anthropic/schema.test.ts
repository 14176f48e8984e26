import assert from "node:assert/strict";
import { test } from "node:test";
import { narrowSchema } from "./schema.ts";

test("objects are closed at every depth, branches are one kind, the rest becomes words", () => {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    description: "A dog.",
    additionalProperties: true,
    minProperties: 1,
    properties: {
      name: { type: "string", minLength: 2, format: "email" },
      kind: { oneOf: [{ type: "null" }, { type: ["object", "null"], properties: {} }] },
      tags: { type: "array", items: { type: "string", format: "color" }, minItems: 1, maxItems: 9 },
      size: { $ref: "#/$defs/size" },
    },
    $defs: { size: { enum: [1, 2] } },
  };
  assert.deepEqual(narrowSchema(schema), {
    type: "object",
    description: "A dog.\n\n{minProperties: 1}",
    properties: {
      name: { type: "string", format: "email", description: "{minLength: 2}" },
      kind: {
        anyOf: [{ type: "null" }, { type: ["object", "null"], properties: {}, additionalProperties: false }],
      },
      tags: {
        type: "array",
        items: { type: "string", description: '{format: "color"}' },
        minItems: 1,
        description: "{maxItems: 9}",
      },
      size: { $ref: "#/$defs/size" },
    },
    $defs: { size: { enum: [1, 2] } },
    additionalProperties: false,
  });
});

test("what is no schema stays as it is, however deep it goes", () => {
  assert.equal(narrowSchema(true), true);
  let deep: unknown = { type: "string" };
  for (let depth = 0; depth < 5_000; depth += 1) deep = { type: "array", items: deep };
  assert.doesNotThrow(() => narrowSchema(deep));
});

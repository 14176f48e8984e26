import assert from "node:assert/strict";
import { test } from "node:test";
import { narrowSchema } from "./schema.ts";
import { fitsSubset } from "./schema-fit.ts";

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

test("a schema fits if its objects can be closed and it does not lead back to itself", () => {
  const object = (properties: object, rest: object = {}) => ({ type: "object", properties, ...rest });
  const ref = { $ref: "#/$defs/node" };
  const fits = [
    object({ a: { type: "string" } }),
    object({ properties: { type: "string" } }, { additionalProperties: true }),
    object({}, { additionalProperties: false }),
    object({ a: ref, b: ref }, { $defs: { node: object({ enum: { enum: [{ type: "object" }] } }) } }),
    { type: "array", items: { type: "integer" } },
  ];
  const misfits = [
    { type: "object" },
    object({ map: { type: "object", additionalProperties: { type: "string" } } }),
    object({ map: object({}, { patternProperties: { "^a": {} } }) }),
    object({ any: { type: "array", items: { anyOf: [{ type: "object" }, { type: "null" }] } } }),
    object({ a: { $ref: "#" } }),
    object({ a: { $ref: "https://e.example/schema" } }),
    object({ a: ref }, { $defs: { node: object({ next: { anyOf: [ref, { type: "null" }] } }) } }),
    object({ a: ref }, { $defs: {} }),
    true,
  ];
  for (const schema of fits) assert.equal(fitsSubset(schema), true, JSON.stringify(schema));
  for (const schema of misfits) assert.equal(fitsSubset(schema), false, JSON.stringify(schema));
});

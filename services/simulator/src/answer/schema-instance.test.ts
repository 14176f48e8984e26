import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { seededRandom } from "./random.ts";
import { schemaInstance } from "./schema-instance.ts";

const SCHEMAS: Readonly<Record<string, z.core.JSONSchema.JSONSchema>> = {
  scalars: {
    type: "object",
    properties: {
      city: { type: "string", minLength: 3, maxLength: 8 },
      long: { type: "string", minLength: 40 },
      share: { type: "number", minimum: 0, maximum: 1 },
      narrow: { type: "number", exclusiveMinimum: 5, exclusiveMaximum: 5.001 },
      count: { type: "integer", minimum: 3, maximum: 4 },
      even: { type: "integer", multipleOf: 2, exclusiveMinimum: 10, maximum: 14 },
      below: { type: "integer", maximum: -7 },
      mail: { type: "string", format: "email" },
      day: { type: "string", format: "date-time" },
      maybe: { type: ["string", "null"] },
      done: { type: "boolean" },
      nothing: { type: "null" },
      unit: { enum: ["celsius", "fahrenheit"] },
      kind: { const: "report" },
    },
    required: ["city", "share", "count", "unit", "kind"],
    additionalProperties: false,
  },
  lists: {
    type: "object",
    properties: {
      tags: { type: "array", items: { type: "string" }, minItems: 2, maxItems: 3 },
      none: { type: "array", items: { type: "string" }, maxItems: 0 },
      pair: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 2, maxItems: 2 },
    },
    required: ["tags", "none", "pair"],
  },
  branches: {
    anyOf: [{ type: "null" }, { type: "object", properties: { a: { type: "string" } }, required: ["a"] }],
  },
  references: {
    $defs: {
      step: {
        type: "object",
        properties: { text: { type: "string" } },
        required: ["text"],
        additionalProperties: false,
      },
    },
    type: "object",
    properties: { steps: { type: "array", items: { $ref: "#/$defs/step" }, minItems: 1 } },
    required: ["steps"],
    additionalProperties: false,
  },
  tree: {
    $defs: {
      node: {
        type: "object",
        properties: {
          name: { type: "string" },
          left: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
          children: { type: "array", items: { $ref: "#/$defs/node" } },
        },
        required: ["name", "left", "children"],
        additionalProperties: false,
      },
    },
    $ref: "#/$defs/node",
  },
  merged: {
    allOf: [
      { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      { type: "object", properties: { b: { type: "integer" } }, required: ["b"] },
    ],
  },
};

for (const [name, schema] of Object.entries(SCHEMAS)) {
  test(`instances fit the schema: ${name}`, () => {
    const judge = z.fromJSONSchema(schema);
    for (let seed = 0; seed < 50; seed++) {
      const value = schemaInstance(schema, seededRandom(seed), "Paris");
      const result = judge.safeParse(JSON.parse(JSON.stringify(value)));
      assert.ok(result.success, `seed ${seed}: ${JSON.stringify(value)} ${result.error?.message}`);
    }
  });
}

test("unique items are unique and the hint is used once", () => {
  const schema = { type: "array", items: { type: "integer", minimum: 0, maximum: 3 }, minItems: 4, uniqueItems: true };
  const items = schemaInstance(schema, seededRandom(1));
  assert.ok(Array.isArray(items));
  assert.equal(new Set(items).size, 4);
  const pair = { type: "object", properties: { city: { type: "string" }, note: { type: "string" } } };
  const value = JSON.stringify(schemaInstance(pair, seededRandom(1), "Paris"));
  assert.equal(value.split("Paris").length, 2, value);
});

test("a schema that never ends or makes no sense still ends", () => {
  const endless = { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" };
  assert.equal(schemaInstance(endless, seededRandom(1)), null);
  const wide = { type: "array", minItems: 50, items: { $ref: "#" } };
  assert.ok(JSON.stringify(schemaInstance(wide, seededRandom(1))).length < 1_000_000);
  const forced = { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] };
  assert.ok(JSON.stringify(schemaInstance(forced, seededRandom(1))).length < 10_000);
  for (const odd of [
    null,
    true,
    [],
    "x",
    { $ref: "#/nowhere" },
    { $ref: "https://example.com/x" },
    { $ref: "#/%E0%A4%A" },
    { enum: [] },
  ]) {
    JSON.stringify(schemaInstance(odd, seededRandom(1)));
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Tool } from "@sluice/proto/chat/v1/chat";
import { Warnings } from "../openai/warnings.ts";
import { mapSchema } from "./schema.ts";
import { mapTools } from "./tools.ts";

function map(schema: unknown) {
  const warnings = new Warnings("g");
  const { form, schema: mapped } = mapSchema(schema, "the schema", warnings);
  return { form, schema: mapped, warnings: warnings.list() };
}

test("plain schemas go in the form every model knows, the rest as JSON Schema", () => {
  const plain = {
    type: "object",
    properties: { a: { type: "string", enum: ["x"] }, b: { type: "array", items: { type: "integer" } } },
  };
  assert.deepEqual(map(plain), { form: "openapi", schema: plain, warnings: [] });
  const strict = { ...plain, additionalProperties: false };
  assert.deepEqual(map(strict), { form: "json_schema", schema: strict, warnings: [] });
  for (const odd of [
    { type: ["string", "null"] },
    { enum: [1] },
    { type: "object" },
    { oneOf: [{ type: "string" }] },
    { $ref: "#/$defs/a" },
  ]) {
    assert.equal(map({ type: "object", properties: { p: odd } }).form, "json_schema", JSON.stringify(odd));
  }
});

test("keywords nobody enforces are left out and named, properties called like them are not touched", () => {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      not: { type: "string", uniqueItems: true },
      $schema: { type: "string" },
      const: { type: "number", multipleOf: 2 },
    },
    patternProperties: {},
  };
  const { schema: mapped, warnings } = map(schema);
  assert.deepEqual(mapped, {
    type: "object",
    properties: { not: { type: "string" }, $schema: { type: "string" }, const: { type: "number" } },
  });
  assert.match(warnings.join(), /uniqueItems, multipleOf, patternProperties/);
});

test("older and odd spellings are said anew", () => {
  const { schema, warnings } = map({
    definitions: { a: { const: "x" } },
    properties: { p: { $ref: "#/definitions/a", description: "gone" }, q: { allOf: [{ type: "string" }], title: "t" } },
  });
  assert.deepEqual(schema, {
    $defs: { a: { enum: ["x"] } },
    properties: { p: { $ref: "#/$defs/a" }, q: { type: "string", title: "t" } },
  });
  assert.deepEqual(warnings, []);
  assert.match(map({ allOf: [{ type: "string" }, { minLength: 1 }] }).warnings.join(), /allOf/);
});

test("a function that takes nothing has no parameters", () => {
  const declared = (parametersJson: string) => {
    const [tools] = mapTools([Tool.create({ name: "f", parametersJson })], {
      warnings: new Warnings("g"),
      passUnknown: false,
    });
    return (tools as { functionDeclarations: unknown[] }).functionDeclarations[0];
  };
  const none = '{"type":"object","properties":{},"additionalProperties":false,"$schema":"x"}';
  for (const empty of ["", none]) assert.deepEqual(declared(empty), { name: "f" });
  const free = { type: "object", properties: {}, additionalProperties: true };
  assert.deepEqual(declared(JSON.stringify(free)), { name: "f", parametersJsonSchema: free });
  assert.deepEqual(declared('{"type":"object"}'), { name: "f", parametersJsonSchema: { type: "object" } });
});

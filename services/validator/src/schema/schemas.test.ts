import assert from "node:assert/strict";
import { test } from "node:test";
import { testSchemas } from "../testing/inputs.ts";
import { expandedSize } from "./expanded-size.ts";
import { isCheapPattern } from "./inspect-schema.ts";

const check = (schema: unknown, value: unknown) => testSchemas().check(JSON.stringify(schema), value, 100);

test("a value fits its schema or does not, and the reason names the schema's words only", () => {
  const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
  assert.equal(check(schema, { age: 4 }).outcome, "fits");
  const fit = check(schema, { age: "secret" });
  assert.equal(fit.outcome, "unfit");
  assert.match(fit.detail, /age/);
  assert.doesNotMatch(fit.detail, /secret/);
});

test("the draft is the one the schema names, or the one its words come from", () => {
  const tuple = { type: "array", items: [{ type: "string" }], additionalItems: false };
  assert.equal(check(tuple, ["a"]).outcome, "fits");
  assert.equal(check(tuple, ["a", "b"]).outcome, "unfit");
  assert.equal(check({ prefixItems: [{ type: "string" }], items: false }, ["a", 1]).outcome, "unfit");
  const named = { $schema: "http://json-schema.org/draft-07/schema#", prefixItems: [{ type: "string" }] };
  assert.equal(check(named, [1]).outcome, "fits");
});

test("in draft 7 what stands beside a reference does not count", () => {
  const schema = { definitions: { n: { type: "number" } }, properties: { a: { $ref: "#/definitions/n", maximum: 1 } } };
  assert.equal(check(schema, { a: 5 }).outcome, "fits");
  assert.equal(
    check({ ...schema, $schema: "https://json-schema.org/draft/2020-12/schema" }, { a: 5 }).outcome,
    "unfit",
  );
});

test("a format counts, unless the operator says otherwise", () => {
  const schema = JSON.stringify({ format: "date" });
  assert.equal(testSchemas().check(schema, "tomorrow", 10).outcome, "unfit");
  assert.equal(testSchemas({ assertFormats: false }).check(schema, "tomorrow", 10).outcome, "fits");
});

for (const [name, text] of [
  ["is not JSON", "{"],
  ["is no schema", "4"],
  ["has a type that does not exist", '{"type": "objct"}'],
  ["has a faulty pattern", '{"pattern": "("}'],
  ["refers to another document", '{"$ref": "https://example.com/schema.json"}'],
  ["is too long", `{"title": "${"x".repeat(100_000)}"}`],
  ["is too deep", `${'{"items":'.repeat(100)}{}${"}".repeat(100)}`],
  ["has too many values", JSON.stringify({ enum: Array.from({ length: 20_000 }, (_, n) => n) })],
] as const) {
  test(`nothing is held against a schema that ${name}`, () => {
    const fit = testSchemas().check(text, {}, 2);
    assert.equal(fit.outcome, "unchecked");
    assert.notEqual(fit.detail, "");
  });
}

test("a schema cannot refer to another caller's", () => {
  const schemas = testSchemas();
  assert.equal(schemas.check('{"$id": "https://one.example/a", "type": "string"}', "x", 3).outcome, "fits");
  assert.equal(schemas.check('{"$ref": "https://one.example/a"}', 4, 1).outcome, "unchecked");
  assert.equal(schemas.check('{"$id": "https://one.example/a", "type": "number"}', "x", 3).outcome, "unfit");
});

test("a pattern that would run for years ends in time, and its schema is given up", () => {
  const schemas = testSchemas({ validateMsMax: 5 });
  const schema = JSON.stringify({ pattern: "^(a+)+$" });
  const hostile = `${"a".repeat(60)}b`;
  for (let i = 0; i < 3; i++) assert.equal(schemas.check(schema, hostile, 61).outcome, "unchecked");
  assert.deepEqual(schemas.check(schema, "a", 1), {
    outcome: "unchecked",
    detail: "the schema takes too long to apply",
  });
});

test("the size of a schema counts what its references stand for", () => {
  assert.equal(expandedSize({ a: 1, b: [2, 3] }), 5);
  assert.equal(
    expandedSize({ $defs: { d: { type: "string" } }, a: { $ref: "#/$defs/d" }, b: { $ref: "#/$defs/d" } }),
    10,
  );
  for (const $ref of ["#", "#/$defs/absent", "https://example.com/a", "#anchor"]) {
    assert.equal(expandedSize({ $ref }), Number.POSITIVE_INFINITY, $ref);
  }
  assert.equal(
    expandedSize({ $defs: { d: { items: { $ref: "#/$defs/d" } } }, $ref: "#/$defs/d" }),
    Number.POSITIVE_INFINITY,
  );
});

test("a schema that refers to itself is applied", () => {
  const tree = { type: "object", properties: { next: { $ref: "#" } }, additionalProperties: false };
  assert.equal(check(tree, { next: { next: {} } }).outcome, "fits");
  assert.equal(check(tree, { next: { other: {} } }).outcome, "unfit");
});

test("references that multiply end in time", () => {
  const $defs: Record<string, unknown> = { d0: { type: "number", minimum: 1 } };
  for (let i = 1; i <= 40; i++) {
    const one = { $ref: `#/$defs/d${i - 1}` };
    $defs[`d${i}`] = { anyOf: [{ allOf: [one, { maximum: -1 }] }, { allOf: [one, { maximum: -1 }] }] };
  }
  const schemas = testSchemas({ validateMsMax: 5 });
  assert.equal(schemas.check(JSON.stringify({ $defs, $ref: "#/$defs/d40" }), 4, 1).outcome, "unchecked");
});

test("a schema that takes too long to compile is not used", () => {
  const properties = Object.fromEntries(
    Array.from({ length: 2000 }, (_, n) => [`p${n}`, { type: "string", maxLength: n }]),
  );
  const schemas = testSchemas({ compileMsMax: 1 });
  assert.match(schemas.check(JSON.stringify({ properties }), {}, 2).detail, /too long to compile/);
  assert.equal(check({ properties }, {}).outcome, "fits");
});

test("the least recently used schemas are forgotten", () => {
  const schemas = testSchemas({ keptMax: 2 });
  for (const text of ['{"const": 1}', '{"const": 2}', '{"const": 3}']) schemas.check(text, 1, 1);
  assert.equal(schemas.size, 2);
});

test("a pattern is cheap only if nothing in it can be tried in many ways", () => {
  for (const pattern of [
    "^[a-z]{2,30}$",
    "^\\d{4}-\\d{2}-\\d{2}$",
    "^[A-Z]+$",
    "^(?:red|green)$",
    "cat",
    "^\\w+\\.txt$",
  ]) {
    assert.ok(isCheapPattern(pattern), pattern);
  }
  for (const pattern of [
    "(a+)+$",
    "a*b",
    "^a*a*$",
    "^(a|a)+$",
    "^.*x.*$",
    "\\1(a)",
    "^(?=.*\\d).+$",
    "^\\p{L}+\\p{L}+$",
  ]) {
    assert.ok(!isCheapPattern(pattern), pattern);
  }
});

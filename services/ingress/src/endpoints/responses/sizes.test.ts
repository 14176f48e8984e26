import assert from "node:assert/strict";
import { test } from "node:test";
import { responseParser } from "./request.ts";

const parser = responseParser({ itemsMax: 10, toolsMax: 5, partsMax: 20 });
const refused = (fields: object, expected: RegExp): void =>
  assert.throws(() => parser.read({ model: "m", input: "x", ...fields }), expected);

test("lists beyond their limits are refused by their length, before their entries are read", () => {
  const many = (count: number): unknown[] => new Array(count).fill(0);
  refused({ input: many(11) }, /input must have at most 10 entries; got 11/);
  refused({ input: [{ content: many(15) }, { summary: many(6) }] }, /at most 20 content parts together; got 21/);
  refused({ tools: many(6) }, /tools must have at most 5 entries; got 6/);
  const allowed = { type: "allowed_tools", mode: "auto", tools: many(6) };
  refused({ tool_choice: allowed }, /tool_choice\.tools must have at most 5 entries; got 6/);
});

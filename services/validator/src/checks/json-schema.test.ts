import assert from "node:assert/strict";
import { test } from "node:test";
import { ResponseFormatKind } from "@sluice/proto/chat/v1/chat";
import { start, testSchemas, whole } from "../testing/inputs.ts";
import { jsonSchema } from "./json-schema.ts";

const check = jsonSchema(testSchemas());
const chat = {
  responseFormat: {
    kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
    schemaJson: JSON.stringify({ type: "object", properties: { a: { type: "number" } }, required: ["a"] }),
  },
};
const decide = (text: string) => check.judge(whole({ text }, chat, true)).decision;

test("json-schema passes what fits, before and after a repair, and fails what does not", () => {
  assert.equal(decide('{"a": 1}'), "pass");
  assert.equal(decide('```json\n{"a": 1}\n```'), "pass");
  assert.equal(decide('{"a": "1"}'), "fail");
  assert.equal(decide('```json\n{"b": 1}\n```'), "fail");
});

test("json-schema leaves broken JSON to the check of the syntax", () => {
  assert.equal(decide('{"a": '), "skipped");
});

test("json-schema waits for the end and ignores answers that owe no JSON", () => {
  assert.equal(check.judge(start({ text: '{"a": 1}' }, chat)).decision, "undecided");
  assert.equal(check.judge(whole({ text: "Hello." }, {})).decision, "pass");
  assert.equal(check.judge(whole({ refusal: "No." }, chat)).decision, "pass");
});

test("a schema that cannot be used is no fault of the answer", () => {
  const remote = { responseFormat: { ...chat.responseFormat, schemaJson: '{"$ref": "https://example.com/a"}' } };
  assert.equal(check.judge(whole({ text: "{}" }, remote)).decision, "skipped");
  const none = { responseFormat: { ...chat.responseFormat, schemaJson: "" } };
  assert.equal(check.judge(whole({ text: "{}" }, none)).decision, "skipped");
});

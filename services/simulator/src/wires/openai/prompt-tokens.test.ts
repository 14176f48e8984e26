import assert from "node:assert/strict";
import { test } from "node:test";
import { countPromptTokens } from "./prompt-tokens.ts";

test("a text message costs its bytes and a frame, as a string or as parts", () => {
  assert.equal(countPromptTokens({ messages: [{ role: "user", content: "Grüße" }] }), 4 + 7);
  assert.equal(countPromptTokens({ messages: [{ role: "user", content: [{ type: "text", text: "Grüße" }] }] }), 4 + 7);
});

test("tool calls, results, images, tools and schemas are counted by their texts", () => {
  const call = { id: "call_1", type: "function", function: { name: "now", arguments: "{}" } };
  const messages = [
    { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] },
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "call_1", content: "12:00" },
  ];
  assert.equal(countPromptTokens({ messages }), 3 * 4 + 85 + (6 + 3 + 2) + (6 + 5));
  const tools = [{ type: "function", function: { name: "now", description: "Time", parameters: { type: "object" } } }];
  assert.equal(countPromptTokens({ messages: [], tools }), 4 + 3 + 4 + '{"type":"object"}'.length);
  const response_format = { type: "json_schema", json_schema: { name: "a", schema: {} } };
  assert.equal(countPromptTokens({ messages: [], response_format }), 1 + 2);
});

test("values of a wrong type cost nothing; refusing them is not the count's business", () => {
  assert.equal(
    countPromptTokens({ messages: [{ role: "user", content: 5 }, "x"], tools: "no", response_format: [] }),
    8,
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest, Dialect, ResponseFormatKind, Role } from "@sluice/proto/chat/v1/chat";
import { anthropic } from "./index.ts";

const provider = anthropic({ baseUrl: undefined, abandon: undefined });
const hi = { role: Role.ROLE_USER, parts: [{ kind: { $case: "text" as const, value: "Hi" } }] };

function mapped(model: string, fields: Parameters<typeof ChatRequest.fromPartial>[0]) {
  const entry = provider.models.find(({ id }) => id === model);
  assert.ok(entry, model);
  const dialect = Dialect.DIALECT_ANTHROPIC_MESSAGES;
  const request = ChatRequest.fromPartial({ messages: [hi], maxOutputTokens: 8_000n, dialect, ...fields });
  const { body, headers, warnings } = provider.mapChat(request, model, entry);
  return { body: JSON.parse(body) as Record<string, unknown>, headers, warnings };
}

const wish = (exact: object, more: object = {}) => ({ reasoning: { ...more, exactJson: JSON.stringify(exact) } });

test("a wish for thinking goes as it was written, if the model takes it so", () => {
  const adaptive = { type: "adaptive", display: "omitted" };
  assert.deepEqual(mapped("claude-opus-4-6", wish({ thinking: adaptive })).body["thinking"], adaptive);
  const effort = mapped("claude-opus-4-6", wish({ effort: "max" }, { effort: "max" })).body;
  assert.deepEqual([effort["thinking"], effort["output_config"]], [undefined, { effort: "max" }]);
  const budget = { type: "enabled", budget_tokens: 2_000 };
  assert.deepEqual(
    mapped("claude-haiku-4-5", wish({ thinking: budget }, { maxTokens: 2_000n })).body["thinking"],
    budget,
  );
  const other = mapped("claude-opus-4-8", wish({ thinking: budget }, { maxTokens: 2_000n }));
  assert.deepEqual(other.body["thinking"], { type: "adaptive" });
  assert.match(other.warnings.join(), /token limit for reasoning/);
});

test("a budget above the answer's bound is lowered, unless thinking goes on between tools", () => {
  const large = { type: "enabled", budget_tokens: 20_000 };
  const asked = wish({ thinking: large }, { maxTokens: 20_000n });
  assert.deepEqual(mapped("claude-haiku-4-5", asked).body["thinking"], { type: "enabled", budget_tokens: 7_999 });
  const extraJson = '{"anthropic_beta":["interleaved-thinking-2025-05-14"]}';
  assert.deepEqual(mapped("claude-haiku-4-5", { ...asked, extraJson }).body["thinking"], large);
});

test("features on trial are named in the header, but for those with another price", () => {
  const extraJson = '{"anthropic_beta":["a-1","context-1m-2025-08-07"],"context_management":{"edits":[]}}';
  const { body, headers, warnings } = mapped("claude-sonnet-4-5", { extraJson });
  assert.equal(headers["anthropic-beta"], "a-1");
  assert.match(warnings.join(), /context-1m-2025-08-07 changes the price/);
  assert.deepEqual(body["context_management"], { edits: [] });
  assert.equal(body["anthropic_beta"], undefined);
});

test("schemas go as they were written", () => {
  const schema = { type: "object", properties: { a: { type: "integer", minimum: 3 } } };
  const json = JSON.stringify(schema);
  const { body } = mapped("claude-sonnet-4-5", {
    tools: [{ name: "t", parametersJson: json, strict: true, extraJson: '{"defer_loading":true}' }],
    responseFormat: { kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA, schemaJson: json },
  });
  assert.deepEqual(body["tools"], [{ defer_loading: true, name: "t", input_schema: schema, strict: true }]);
  assert.deepEqual(body["output_config"], { format: { type: "json_schema", schema } });
});

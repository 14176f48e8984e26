import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest, Dialect, Part, Role, Tool, ToolChoiceMode } from "@sluice/proto/chat/v1/chat";
import type { ModelEntry } from "../../provider.ts";
import { openai } from "./index.ts";

const provider = openai({ baseUrl: undefined, abandon: undefined });
const [entry] = provider.models;

function mapped(over: Partial<ChatRequest>) {
  const parts = [Part.create({ kind: { $case: "text", value: "Hi" } })];
  const request = ChatRequest.create({
    messages: [{ role: Role.ROLE_USER, parts, plainText: true }],
    dialect: Dialect.DIALECT_OPENAI_RESPONSES,
    ...over,
  });
  const { body, warnings } = provider.mapChat(request, "gpt-x", entry as ModelEntry);
  return { body: JSON.parse(body) as Record<string, unknown>, warnings };
}

test("what both dialects can say is said in the words of chats", () => {
  const extra = { "text.verbosity": "low", safety_identifier: "u1", truncation: "auto" };
  const { body, warnings } = mapped({ extraJson: JSON.stringify(extra) });
  assert.deepEqual([body["verbosity"], body["safety_identifier"]], ["low", "u1"]);
  assert.equal(body["truncation"], undefined);
  assert.deepEqual(warnings, ["truncation is not supported by openai and was dropped."]);
});

test("custom tools and choices among them lie where chats look for them", () => {
  const format = { type: "grammar", syntax: "regex", definition: "[0-9]+" };
  const tools = [
    Tool.create({ name: "count", type: "custom", description: "Counts", extraJson: JSON.stringify({ format }) }),
    Tool.create({ name: "now", type: "function" }),
  ];
  const { NAMED, REQUIRED } = {
    NAMED: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED,
    REQUIRED: ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED,
  };
  const { body } = mapped({ tools, toolChoice: { mode: NAMED, names: ["count"], unknownJson: "" } });
  const grammar = { syntax: "regex", definition: "[0-9]+" };
  const custom = { name: "count", description: "Counts", format: { type: "grammar", grammar } };
  assert.deepEqual(body["tools"], [
    { type: "custom", custom },
    { type: "function", function: { name: "now" } },
  ]);
  assert.deepEqual(body["tool_choice"], { type: "custom", custom: { name: "count" } });
  const several = mapped({ tools, toolChoice: { mode: REQUIRED, names: ["count", "now"], unknownJson: "" } });
  assert.deepEqual(several.body["tool_choice"], {
    type: "allowed_tools",
    allowed_tools: {
      mode: "required",
      tools: [
        { type: "custom", custom: { name: "count" } },
        { type: "function", function: { name: "now" } },
      ],
    },
  });
});

test("items and fields of the other dialect alone are left out with a warning", () => {
  const parts = [
    Part.create({ kind: { $case: "text", value: "Hi" }, extraJson: '{"prompt_cache_breakpoint":{}}' }),
    Part.create({ kind: { $case: "unknownJson", value: '{"type":"web_search_call"}' } }),
  ];
  const { body, warnings } = mapped({
    messages: [{ role: Role.ROLE_USER, parts, name: "", plainText: false, extraJson: "" }],
  });
  assert.deepEqual(body["messages"], [{ role: "user", content: [{ type: "text", text: "Hi" }] }]);
  assert.equal(warnings.length, 2);
});

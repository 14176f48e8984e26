import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ChatRequest,
  Message,
  Part,
  ResponseFormat,
  ResponseFormatKind,
  Role,
  Tool,
  ToolChoice,
  ToolChoiceMode,
} from "@sluice/proto/chat/v1/chat";
import { chatOf } from "../../testing/world.ts";
import { cohere } from "./index.ts";

const provider = cohere({ baseUrl: undefined, abandon: undefined });

function send(model: string, chat: ChatRequest) {
  const entry = provider.models.find(({ id }) => id === model);
  assert.ok(entry, model);
  const { path, body, warnings } = provider.mapChat(chat, model, entry);
  return { path, body: JSON.parse(body) as Record<string, unknown>, warnings: warnings.join(" ") };
}

const COMMAND = "command-a-03-2025";
const WEATHER = Tool.create({ name: "get_weather", parametersJson: '{"type":"object","properties":{}}', strict: true });

test("a conversation with tools keeps its shape, the fields around it have names of their own", () => {
  const part = (kind: object): Part => Part.create({ kind: kind as Part["kind"] });
  const call = { id: "c1", name: "get_weather", argumentsJson: "{}", signature: "", type: "function", provider: "" };
  const result = { toolCallId: "c1", name: "", parts: [part({ $case: "text", value: "rain" })], isError: false };
  const messages = [
    Message.create({
      role: Role.ROLE_DEVELOPER,
      parts: [part({ $case: "text", value: "Be brief." })],
      plainText: true,
    }),
    Message.create({ role: Role.ROLE_USER, parts: [part({ $case: "text", value: "hi" })], plainText: true }),
    Message.create({ role: Role.ROLE_ASSISTANT, parts: [part({ $case: "toolCall", value: call })] }),
    Message.create({ role: Role.ROLE_TOOL, parts: [part({ $case: "toolResult", value: result })], plainText: true }),
  ];
  const { path, body, warnings } = send(
    COMMAND,
    chatOf("", {
      messages,
      tools: [WEATHER],
      toolChoice: ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED }),
      sampling: { temperature: 0.3, topP: 1, topK: 40, seed: 7n, logitBias: {} },
      stop: ["END"],
      maxOutputTokens: 100n,
      stream: true,
    }),
  );
  assert.equal(path, "/v2/chat");
  assert.deepEqual(body, {
    model: COMMAND,
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "hi" },
      {
        role: "assistant",
        tool_calls: [{ id: "c1", type: "function", function: { name: "get_weather", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c1", content: "rain" },
    ],
    stream: true,
    tools: [{ type: "function", function: { name: "get_weather", parameters: { type: "object", properties: {} } } }],
    strict_tools: true,
    tool_choice: "REQUIRED",
    max_tokens: 100,
    stop_sequences: ["END"],
    temperature: 0.3,
    p: 0.99,
    k: 40,
    seed: 7,
  });
  assert.equal(warnings, "");
});

test("one named tool is demanded by sending it alone", () => {
  const other = Tool.create({ name: "other" });
  const toolChoice = ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: ["other"] });
  const { body, warnings } = send(COMMAND, chatOf("hi", { tools: [WEATHER, other], toolChoice }));
  assert.deepEqual([(body["tools"] as unknown[]).length, body["tool_choice"]], [1, "REQUIRED"]);
  assert.match(warnings, /only the tools it names were sent/);
});

test("a schema holds the answer, or is put into the prompt beside tools", () => {
  const kind = ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA;
  const responseFormat = ResponseFormat.create({ kind, schemaJson: '{"type":"object"}' });
  const held = send(COMMAND, chatOf("hi", { responseFormat })).body;
  assert.deepEqual(held["response_format"], { type: "json_object", json_schema: { type: "object" } });
  const beside = send(COMMAND, chatOf("hi", { responseFormat, tools: [WEATHER] }));
  assert.equal(beside.body["response_format"], undefined);
  assert.match(JSON.stringify((beside.body["messages"] as unknown[])[0]), /JSON Schema/);
});

test("thinking is switched on and off, with a budget if one was asked for, by models that think", () => {
  const thinking = (model: string, reasoning: NonNullable<ChatRequest["reasoning"]>) =>
    send(model, chatOf("hi", { reasoning }));
  const model = "command-a-reasoning-08-2025";
  assert.deepEqual(thinking(model, { effort: "high" }).body["thinking"], { type: "enabled" });
  assert.deepEqual(thinking(model, { maxTokens: 500n }).body["thinking"], { type: "enabled", token_budget: 500 });
  assert.deepEqual(thinking(model, { effort: "none" }).body["thinking"], { type: "disabled" });
  assert.match(thinking(COMMAND, { effort: "high" }).warnings, /Reasoning by this model/);
});

test("what is billed counts, what has no place is told", () => {
  const { warnings } = send(COMMAND, chatOf("hi", { extraJson: '{"safety_mode":"NONE"}', userLabel: "u", n: 2 }));
  for (const said of [/safety_mode/, /user/, /several answers/]) assert.match(warnings, said);
});

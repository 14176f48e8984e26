import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChatRequest,
  Dialect,
  FilePart,
  ImagePart,
  Media,
  Message,
  Part,
  ReasoningPart,
  Role,
  Tool,
  ToolCall,
  ToolChoice,
  ToolChoiceMode,
  ToolResult,
} from "@sluice/proto/chat/v1/chat";
import type { ModelEntry } from "../../provider.ts";
import { modelOf } from "../models.ts";
import { openaiCompatible } from "./compatible.ts";
import { openai } from "./index.ts";

const real = openai({ baseUrl: undefined, abandon: undefined });
const alike = openaiCompatible({ name: "alike", baseUrl: undefined, models: [] });

const plain = (role: Role, text: string) =>
  Message.create({ role, parts: [part({ $case: "text", value: text })], plainText: true });
const part = (kind: Part["kind"], fields: Partial<Part> = {}) => Part.create({ kind, ...fields });

function mapped(fields: Partial<ChatRequest>, options: { provider?: typeof real; model?: ModelEntry } = {}) {
  const request = ChatRequest.create({ dialect: Dialect.DIALECT_OPENAI_CHAT, ...fields });
  const model = options.model ?? modelOf("openai", { id: "gpt-4o" });
  const { body, warnings } = (options.provider ?? real).mapChat(request, model.id, model);
  return { body: JSON.parse(body) as Record<string, unknown>, warnings };
}

test("messages keep their roles, strings stay strings and lists stay lists", () => {
  const messages = [
    plain(Role.ROLE_SYSTEM, "s"),
    plain(Role.ROLE_DEVELOPER, "d"),
    Message.create({
      role: Role.ROLE_USER,
      name: "ann",
      parts: [
        part({ $case: "text", value: "look" }, { extraJson: '{"x":1}' }),
        part({
          $case: "image",
          value: ImagePart.create({
            detail: "low",
            media: Media.create({ source: { $case: "url", value: "https://i.example/a.png" } }),
          }),
        }),
        part({
          $case: "image",
          value: ImagePart.create({
            media: Media.create({ mimeType: "image/gif", source: { $case: "data", value: Uint8Array.of(1, 2, 3) } }),
          }),
        }),
        part({
          $case: "file",
          value: FilePart.create({
            media: Media.create({
              name: "a.pdf",
              mimeType: "application/pdf",
              source: { $case: "data", value: Uint8Array.of(4) },
            }),
          }),
        }),
      ],
      extraJson: '{"weight":2}',
    }),
  ];
  assert.deepEqual(mapped({ messages }).body["messages"], [
    { role: "system", content: "s" },
    { role: "developer", content: "d" },
    {
      weight: 2,
      role: "user",
      content: [
        { x: 1, type: "text", text: "look" },
        { type: "image_url", image_url: { url: "https://i.example/a.png", detail: "low" } },
        { type: "image_url", image_url: { url: "data:image/gif;base64,AQID" } },
        { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,BA==" } },
      ],
      name: "ann",
    },
  ]);
  const [, developer] = mapped({ messages }, { provider: alike }).body["messages"] as { role: string }[];
  assert.equal(developer?.role, "system");
});

test("tool calls and their results go where the wire has them, also from dialects that mix them with text", () => {
  const call = ToolCall.create({ id: "c1", name: "f", argumentsJson: "{}", type: "function" });
  const result = ToolResult.create({ toolCallId: "c1", parts: [part({ $case: "text", value: "42" })] });
  const messages = [
    Message.create({ role: Role.ROLE_ASSISTANT, parts: [part({ $case: "toolCall", value: call })], plainText: true }),
    Message.create({
      role: Role.ROLE_USER,
      parts: [part({ $case: "toolResult", value: result }), part({ $case: "text", value: "and?" })],
    }),
  ];
  assert.deepEqual(mapped({ messages }).body["messages"], [
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "c1", content: "42" },
    { role: "user", content: [{ type: "text", text: "and?" }] },
  ]);
});

test("reasoning goes back only to those who want it", () => {
  const thought = part({ $case: "reasoning", value: ReasoningPart.create({ text: "hm" }) });
  const messages = [
    Message.create({
      role: Role.ROLE_ASSISTANT,
      parts: [thought, ...plain(Role.ROLE_USER, "a").parts],
      plainText: true,
    }),
  ];
  const wanting = openaiCompatible({
    name: "w",
    baseUrl: undefined,
    models: [],
    wire: { reasoningBack: { form: "reasoning_content", when: "always" } },
  });
  assert.deepEqual(mapped({ messages }, { provider: wanting }).body["messages"], [
    { role: "assistant", content: "a", reasoning_content: "hm" },
  ]);
  assert.match(mapped({ messages }).warnings.join(), /Reasoning of earlier turns/);
});

test("every knob has its field", () => {
  const { body, warnings } = mapped({
    tools: [
      Tool.create({ name: "f", description: "d", parametersJson: '{"type":"object"}', strict: true, type: "function" }),
    ],
    toolChoice: ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: ["f"] }),
    parallelToolCalls: false,
    sampling: {
      temperature: 0,
      topP: 0.5,
      frequencyPenalty: 1,
      presencePenalty: -1,
      seed: 7n,
      logitBias: { "5": -100 },
    },
    maxOutputTokens: 10n,
    stop: ["a"],
    n: 2,
    logprobs: true,
    topLogprobs: 3,
    reasoning: { effort: "low" },
    metadata: { k: "v" },
    userLabel: "u",
    serviceTier: "flex",
    modalities: ["text", "audio"],
    audioOutputJson: '{"voice":"alloy"}',
    promptCacheKey: "p",
    store: false,
    responseFormat: { kind: 3, name: "s", schemaJson: '{"type":"string"}', description: "", strict: true },
    stream: true,
    extraJson: '{"web_search_options":{},"n":99,"max_tokens":99,"stream_options":{"odd":1,"include_usage":false}}',
  });
  assert.deepEqual(warnings, []);
  assert.deepEqual(body, {
    web_search_options: {},
    model: "gpt-4o",
    messages: [],
    tools: [
      { type: "function", function: { name: "f", description: "d", parameters: { type: "object" }, strict: true } },
    ],
    tool_choice: { type: "function", function: { name: "f" } },
    parallel_tool_calls: false,
    max_completion_tokens: 10,
    stop: ["a"],
    n: 2,
    logprobs: true,
    top_logprobs: 3,
    modalities: ["text", "audio"],
    audio: { voice: "alloy" },
    response_format: { type: "json_schema", json_schema: { name: "s", schema: { type: "string" }, strict: true } },
    temperature: 0,
    top_p: 0.5,
    frequency_penalty: 1,
    presence_penalty: -1,
    seed: 7,
    logit_bias: { "5": -100 },
    reasoning_effort: "low",
    metadata: { k: "v" },
    user: "u",
    service_tier: "flex",
    prompt_cache_key: "p",
    store: false,
    stream: true,
    stream_options: { odd: 1, include_usage: true },
  });
});

test("what the wire cannot say becomes a warning, never an error", () => {
  const sampling = { topK: 5, minP: 0.1, seed: 2n ** 60n, logitBias: {} };
  const { body, warnings } = mapped({
    dialect: Dialect.DIALECT_GEMINI,
    extraJson: '{"safetySettings":[]}',
    sampling,
    reasoning: { maxTokens: 5n },
  });
  assert.deepEqual(Object.keys(body), ["model", "messages"]);
  assert.deepEqual(
    warnings.map((sentence) => sentence.split(" is not")[0]),
    ["safetySettings", "top_k", "min_p", "seed", "A token limit for reasoning"],
  );
  const fixed = modelOf("openai", { id: "o3" });
  const refused = mapped(
    { sampling: { temperature: 0.2, topP: 1, logitBias: {} }, maxOutputTokens: 5n },
    { model: fixed },
  );
  assert.deepEqual(
    [refused.body["temperature"], refused.body["top_p"], refused.body["max_completion_tokens"]],
    [undefined, 1, 5],
  );
  assert.equal(refused.warnings.length, 1);
  assert.equal(mapped({ maxOutputTokens: 5n }, { provider: alike }).body["max_tokens"], 5);
});

test("broken JSON inside a request is refused by its field", () => {
  assert.throws(() => mapped({ extraJson: "[]" }), { code: "invalid_request" });
  const tools = [Tool.create({ name: "f", parametersJson: "{" })];
  assert.throws(() => mapped({ tools }), { code: "invalid_request", message: /tools\[0\]\.parameters/ });
});

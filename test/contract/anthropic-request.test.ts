import assert from "node:assert/strict";
import { test } from "node:test";
import type Anthropic from "@anthropic-ai/sdk";
import {
  CacheControl,
  ChatRequest,
  FilePart,
  ImagePart,
  Media,
  Message,
  Part,
  ReasoningPart,
  ResponseFormat,
  ResponseFormatKind,
  Role,
  Tool,
  ToolCall,
  ToolChoice,
  ToolChoiceMode,
  ToolResult,
} from "@sluice/proto/chat/v1/chat";
import { anthropic } from "../../services/provider-adapter/src/providers/anthropic/index.ts";

/** What the adapter sends has the shape the official SDK's types describe: the compiler checks each expectation. */

const provider = anthropic({ baseUrl: undefined, abandon: undefined });

const part = (kind: Part["kind"], fields: Partial<Part> = {}) => Part.create({ kind, ...fields });
const text = (value: string, fields: Partial<Part> = {}) => part({ $case: "text", value }, fields);
const media = (mimeType: string, bytes: number[]) =>
  Media.create({ mimeType, source: { $case: "data", value: Uint8Array.from(bytes) } });

function mapped(model: string, fields: Partial<ChatRequest>): unknown {
  const entry = provider.models.find(({ id }) => id === model);
  assert.ok(entry);
  const { body, warnings } = provider.mapChat(ChatRequest.create(fields), model, entry);
  assert.deepEqual(warnings, []);
  return JSON.parse(body);
}

const EVERY_BLOCK: Anthropic.MessageCreateParams = {
  model: "claude-opus-4-8",
  max_tokens: 2_000,
  stream: true,
  system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "1h" } }],
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "Look." },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw==" } },
        {
          type: "document",
          source: { type: "base64", media_type: "application/pdf", data: "JVBERg==" },
          citations: { enabled: true },
        },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm", signature: "c2ln" },
        { type: "redacted_thinking", data: "ZW5j" },
        { type: "tool_use", id: "toolu_1", name: "f", input: { a: 1 } },
      ],
    },
    {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "21", is_error: true }],
    },
  ],
  tools: [{ name: "f", description: "d", input_schema: { type: "object", properties: {} } }],
  tool_choice: { type: "auto", disable_parallel_tool_use: true },
  thinking: { type: "adaptive", display: "summarized" },
  output_config: { effort: "xhigh" },
  stop_sequences: ["END"],
  metadata: { user_id: "u" },
  service_tier: "auto",
};

test("a conversation with every kind of block", () => {
  const reasoning = (fields: Partial<ReasoningPart>) =>
    part({ $case: "reasoning", value: ReasoningPart.create({ provider: "anthropic", ...fields }) });
  const result = ToolResult.create({ toolCallId: "toolu_1", parts: [text("21")], isError: true });
  const body = mapped("claude-opus-4-8", {
    messages: [
      Message.create({
        role: Role.ROLE_SYSTEM,
        parts: [text("Be brief.", { cacheControl: CacheControl.create({ type: "ephemeral", ttlSeconds: 3_600 }) })],
      }),
      Message.create({
        role: Role.ROLE_USER,
        parts: [
          text("Look."),
          part({ $case: "image", value: ImagePart.create({ media: media("", [0x89, 0x50, 0x4e, 0x47]) }) }),
          part({ $case: "file", value: FilePart.create({ media: media("", [37, 80, 68, 70]), citations: true }) }),
        ],
      }),
      Message.create({
        role: Role.ROLE_ASSISTANT,
        parts: [
          reasoning({ text: "hm", signature: "c2ln" }),
          reasoning({ signature: "ZW5j", redacted: true }),
          part({ $case: "toolCall", value: ToolCall.create({ id: "toolu_1", name: "f", argumentsJson: '{"a":1}' }) }),
        ],
      }),
      Message.create({ role: Role.ROLE_TOOL, parts: [part({ $case: "toolResult", value: result })] }),
    ],
    tools: [Tool.create({ name: "f", description: "d" })],
    parallelToolCalls: false,
    reasoning: { effort: "xhigh", include: true },
    maxOutputTokens: 2_000n,
    stop: ["END"],
    userLabel: "u",
    serviceTier: "auto",
    stream: true,
  });
  assert.deepEqual(body, EVERY_BLOCK);
});

test("a forced tool, a budget to think with, a schema to answer in", () => {
  const user = Message.create({ role: Role.ROLE_USER, parts: [text("hi")] });
  const messages: Anthropic.MessageParam[] = [{ role: "user", content: [{ type: "text", text: "hi" }] }];
  const base = { model: "claude-haiku-4-5", max_tokens: 4_000, messages };
  const common = { messages: [user], maxOutputTokens: 4_000n };
  const forced: Anthropic.MessageCreateParams = {
    ...base,
    tools: [{ name: "f", input_schema: { type: "object", properties: {} } }],
    tool_choice: { type: "tool", name: "f" },
  };
  const toolChoice = ToolChoice.create({ mode: ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, names: ["f"] });
  const tools = [Tool.create({ name: "f" })];
  assert.deepEqual(mapped("claude-haiku-4-5", { ...common, tools, toolChoice }), forced);
  const thinking: Anthropic.MessageCreateParams = { ...base, thinking: { type: "enabled", budget_tokens: 2_000 } };
  assert.deepEqual(mapped("claude-haiku-4-5", { ...common, reasoning: { effort: "medium" } }), thinking);
  const held: Anthropic.MessageCreateParams = {
    ...base,
    output_config: {
      format: {
        type: "json_schema",
        schema: { type: "object", properties: { n: { type: "integer" } }, additionalProperties: false },
      },
    },
  };
  const responseFormat = ResponseFormat.create({
    kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
    schemaJson: '{"type":"object","properties":{"n":{"type":"integer"}}}',
  });
  assert.deepEqual(mapped("claude-haiku-4-5", { ...common, responseFormat }), held);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChatRequest,
  Dialect,
  Message,
  Part,
  type ReasoningOptions,
  ResponseFormat,
  ResponseFormatKind,
  Role,
  Sampling,
  Tool,
  ToolCall,
  ToolChoice,
  ToolChoiceMode,
  ToolResult,
} from "@sluice/proto/chat/v1/chat";
import type { ModelEntry } from "../../provider.ts";
import { modelOf } from "../models.ts";
import { anthropic } from "./index.ts";
import { traitsOf } from "./traits.ts";

const provider = anthropic({ baseUrl: undefined, abandon: undefined });
const part = (kind: Part["kind"]) => Part.create({ kind });
const hello = Message.create({ role: Role.ROLE_USER, parts: [part({ $case: "text", value: "hi" })] });
const HELLO = { role: "user", content: [{ type: "text", text: "hi" }] };

/** Models that differ in what they accept. */
const OLD = modelOf("anthropic", { id: "claude-3-haiku-20240307", maxOutputTokens: 4_096 });
const BUDGET = modelOf("anthropic", { id: "claude-haiku-4-5-20251001", maxOutputTokens: 64_000 });
const BOTH = modelOf("anthropic", { id: "claude-opus-4-6", maxOutputTokens: 128_000 });
const QUIET = modelOf("anthropic", { id: "claude-opus-4-8", maxOutputTokens: 128_000 });
const NEW = modelOf("anthropic", { id: "claude-sonnet-5-5", maxOutputTokens: 128_000 });
const ALWAYS = modelOf("anthropic", { id: "claude-fable-5-1", maxOutputTokens: 128_000 });

function mapped(fields: Partial<ChatRequest>, model: ModelEntry = BUDGET) {
  const request = ChatRequest.create({ dialect: Dialect.DIALECT_OPENAI_CHAT, messages: [hello], ...fields });
  const { path, headers, body, warnings } = provider.mapChat(request, model.id, model);
  return { path, headers, body: JSON.parse(body) as Record<string, unknown>, warnings };
}

const thinking = (reasoning: ReasoningOptions, model: ModelEntry, fields: Partial<ChatRequest> = {}) => {
  const { body, warnings } = mapped({ reasoning, maxOutputTokens: 10_000n, ...fields }, model);
  return [body["thinking"], body["output_config"], warnings.length];
};

const tool = Tool.create({ name: "f", description: "d", parametersJson: '{"properties":{"a":{}}}', type: "function" });
const choice = (mode: ToolChoiceMode, ...names: string[]) => ToolChoice.create({ mode, names });

test("the address, the version and the bound are always there", () => {
  const { path, headers, body, warnings } = mapped({});
  assert.equal(path, "/messages");
  assert.deepEqual(headers, {
    "content-type": "application/json",
    accept: "application/json",
    "anthropic-version": "2023-06-01",
  });
  assert.deepEqual(body, { model: BUDGET.id, max_tokens: 64_000, messages: [HELLO] });
  assert.deepEqual(warnings, []);
  const streamed = mapped({ stream: true, maxOutputTokens: 90_000n });
  assert.deepEqual([streamed.headers["accept"], streamed.body["stream"]], ["text/event-stream", true]);
  assert.deepEqual([streamed.body["max_tokens"], streamed.warnings.length], [64_000, 1]);
  assert.equal(mapped({}, modelOf("x", { id: "unknown" })).body["max_tokens"], 4_096);
});

test("every knob has its field", () => {
  const { body, warnings } = mapped({
    tools: [{ ...tool, strict: true }],
    toolChoice: choice(ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, "f"),
    parallelToolCalls: false,
    sampling: Sampling.create({ temperature: 0.5, topK: 5 }),
    maxOutputTokens: 10n,
    stop: ["END"],
    n: 1,
    logprobs: false,
    userLabel: "u",
    serviceTier: "default",
    store: false,
  });
  assert.deepEqual(warnings, []);
  assert.deepEqual(body, {
    model: BUDGET.id,
    max_tokens: 10,
    messages: [HELLO],
    tools: [
      {
        name: "f",
        description: "d",
        input_schema: { type: "object", properties: { a: {} }, additionalProperties: false },
        strict: true,
      },
    ],
    tool_choice: { type: "tool", name: "f", disable_parallel_tool_use: true },
    stop_sequences: ["END"],
    temperature: 0.5,
    top_k: 5,
    metadata: { user_id: "u" },
    service_tier: "standard_only",
  });
});

test("what the wire cannot say becomes a warning, never an error", () => {
  const { body, warnings } = mapped({
    n: 2,
    logprobs: true,
    sampling: Sampling.create({ seed: 1n, frequencyPenalty: 1, presencePenalty: 0, minP: 0.1, logitBias: { "1": 1 } }),
    stop: [" "],
    metadata: { k: "v" },
    serviceTier: "flex",
    modalities: ["text", "audio"],
    promptCacheKey: "p",
    store: true,
    extraJson: '{"web_search_options":{}}',
    tools: [Tool.create({ name: "x", type: "custom" })],
    toolChoice: choice(ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED),
    reasoning: { effort: "ultra" },
  });
  assert.deepEqual(Object.keys(body).sort(), ["max_tokens", "messages", "model"]);
  const named = ["seed", "frequency_penalty", "min_p", "logit_bias", "n above", "logprobs", "stop string", "metadata"];
  named.push("tier", "other than text", "prompt_cache_key", "store", "web_search_options", "type custom", "ultra");
  assert.equal(warnings.length, named.length);
  for (const name of named) assert.match(warnings.join("\n"), new RegExp(name));
});

test("unknown fields pass only in this dialect, and never past a bound or a price", () => {
  const extraJson = JSON.stringify({
    container: "c",
    output_config: { effort: "low" },
    max_tokens: 99_999,
    messages: [],
    speed: "fast",
    inference_geo: "us",
  });
  const own = mapped({ dialect: Dialect.DIALECT_ANTHROPIC_MESSAGES, extraJson, maxOutputTokens: 5n });
  assert.deepEqual(own.body, {
    container: "c",
    output_config: { effort: "low" },
    model: BUDGET.id,
    max_tokens: 5,
    messages: [HELLO],
  });
  assert.equal(own.warnings.length, 2);
  assert.throws(() => mapped({ extraJson: "[" }), { code: "invalid_request" });
});

test("the choice among tools has its four forms, and one where none can be forced", () => {
  const tools = [tool, Tool.create({ name: "g" })];
  const chosen = (toolChoice: ToolChoice | undefined, model = BUDGET, fields: Partial<ChatRequest> = {}) => {
    const { body } = mapped({ tools, ...(toolChoice !== undefined && { toolChoice }), ...fields }, model);
    return [body["tool_choice"], (body["tools"] as { name: string }[]).map(({ name }) => name).join()];
  };
  const { TOOL_CHOICE_MODE_AUTO, TOOL_CHOICE_MODE_NONE, TOOL_CHOICE_MODE_REQUIRED, TOOL_CHOICE_MODE_NAMED } =
    ToolChoiceMode;
  assert.deepEqual(chosen(undefined), [undefined, "f,g"]);
  assert.deepEqual(chosen(choice(TOOL_CHOICE_MODE_AUTO)), [{ type: "auto" }, "f,g"]);
  assert.deepEqual(chosen(choice(TOOL_CHOICE_MODE_AUTO, "g")), [{ type: "auto" }, "g"]);
  assert.deepEqual(chosen(choice(TOOL_CHOICE_MODE_NONE)), [{ type: "none" }, "f,g"]);
  assert.deepEqual(chosen(choice(TOOL_CHOICE_MODE_REQUIRED)), [{ type: "any" }, "f,g"]);
  assert.deepEqual(chosen(choice(TOOL_CHOICE_MODE_NAMED, "f")), [{ type: "tool", name: "f" }, "f,g"]);
  assert.deepEqual(chosen(choice(TOOL_CHOICE_MODE_NAMED, "f", "g")), [{ type: "any" }, "f,g"]);
  assert.deepEqual(chosen(choice(TOOL_CHOICE_MODE_NAMED, "g"), NEW), [{ type: "auto" }, "g"]);
  const single = { type: "auto", disable_parallel_tool_use: true };
  assert.deepEqual(chosen(undefined, BUDGET, { parallelToolCalls: false }), [single, "f,g"]);
  assert.equal(mapped({ toolChoice: choice(TOOL_CHOICE_MODE_REQUIRED) }).body["tool_choice"], undefined);
  const own = { dialect: Dialect.DIALECT_ANTHROPIC_MESSAGES };
  const search = Tool.create({ type: "web_search_20250305", name: "web_search", extraJson: '{"max_uses":3}' });
  assert.deepEqual(mapped({ ...own, tools: [search] }).body["tools"], [
    { max_uses: 3, type: "web_search_20250305", name: "web_search" },
  ]);
});

test("thinking is asked for as each generation wants it", () => {
  assert.deepEqual(thinking({ effort: "medium" }, OLD, { maxOutputTokens: 4_000n }), [undefined, undefined, 1]);
  assert.deepEqual(thinking({ effort: "medium" }, BUDGET), [{ type: "enabled", budget_tokens: 5_000 }, undefined, 0]);
  assert.deepEqual(thinking({ effort: "minimal" }, BUDGET), [{ type: "enabled", budget_tokens: 1_024 }, undefined, 0]);
  assert.deepEqual(thinking({ maxTokens: 20_000n }, BUDGET), [{ type: "enabled", budget_tokens: 9_999 }, undefined, 1]);
  assert.deepEqual(thinking({ effort: "low" }, BUDGET, { maxOutputTokens: 1_024n }), [undefined, undefined, 1]);
  assert.deepEqual(thinking({ effort: "none" }, BUDGET), [undefined, undefined, 0]);
  assert.deepEqual(thinking({ maxTokens: 2_000n }, BOTH), [{ type: "enabled", budget_tokens: 2_000 }, undefined, 0]);
  assert.deepEqual(thinking({ effort: "xhigh" }, BOTH), [{ type: "adaptive" }, { effort: "high" }, 1]);
  assert.deepEqual(thinking({ effort: "xhigh" }, QUIET), [{ type: "adaptive" }, { effort: "xhigh" }, 0]);
  assert.deepEqual(thinking({ effort: "minimal", include: true }, QUIET), [
    { type: "adaptive", display: "summarized" },
    { effort: "low" },
    1,
  ]);
  assert.deepEqual(thinking({ include: true }, QUIET), [undefined, undefined, 0]);
  assert.deepEqual(thinking({ include: true }, NEW), [{ type: "adaptive", display: "summarized" }, undefined, 0]);
  assert.deepEqual(thinking({ maxTokens: 0n }, NEW), [{ type: "between_tools" }, undefined, 0]);
  assert.deepEqual(thinking({ effort: "none" }, ALWAYS), [undefined, { effort: "low" }, 1]);
  const sonnet5 = modelOf("anthropic", { id: "claude-sonnet-5" });
  assert.deepEqual(thinking({ effort: "none" }, sonnet5), [{ type: "disabled" }, undefined, 0]);
});

test("thinking by budget gives way to a forced tool and to an open tool loop it did not begin", () => {
  const tools = [tool];
  const toolChoice = choice(ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED);
  assert.deepEqual(thinking({ effort: "high" }, BUDGET, { tools, toolChoice }), [undefined, undefined, 1]);
  const messages = [
    hello,
    Message.create({
      role: Role.ROLE_ASSISTANT,
      parts: [part({ $case: "toolCall", value: ToolCall.create({ id: "c", name: "f" }) })],
    }),
    Message.create({
      role: Role.ROLE_TOOL,
      parts: [part({ $case: "toolResult", value: ToolResult.create({ toolCallId: "c" }) })],
    }),
  ];
  assert.deepEqual(thinking({ effort: "high" }, BUDGET, { tools, messages }), [undefined, undefined, 1]);
  assert.deepEqual(thinking({ effort: "high" }, QUIET, { tools, messages }), [
    { type: "adaptive" },
    { effort: "high" },
    0,
  ]);
});

test("sampling obeys the model and the thinking", () => {
  const knobs = (sampling: Partial<Sampling>, model: ModelEntry, reasoning?: ReasoningOptions) => {
    const fields = { sampling: Sampling.create(sampling), ...(reasoning !== undefined && { reasoning }) };
    const { body, warnings } = mapped({ maxOutputTokens: 4_000n, ...fields }, model);
    return [body["temperature"], body["top_p"], body["top_k"], warnings.length];
  };
  assert.deepEqual(knobs({ temperature: 1.5, topP: 0.5, topK: 3 }, OLD), [1, 0.5, 3, 1]);
  assert.deepEqual(knobs({ temperature: 0, topP: 0.5 }, BUDGET), [0, undefined, undefined, 1]);
  assert.deepEqual(knobs({ topP: 0.5 }, BUDGET), [undefined, 0.5, undefined, 0]);
  assert.deepEqual(knobs({ temperature: 1, topP: 1 }, NEW), [undefined, undefined, undefined, 0]);
  assert.deepEqual(knobs({ temperature: 0, topP: 0.5, topK: 1 }, NEW), [undefined, undefined, undefined, 3]);
  const effort = { effort: "high" };
  assert.deepEqual(knobs({ temperature: 0, topP: 0.97, topK: 1 }, BUDGET, effort), [undefined, 0.97, undefined, 2]);
});

test("a JSON answer is held to its schema, or stood in for by a tool, or asked for in words", () => {
  const schema = { type: "object", properties: { n: { type: "integer", minimum: 3 } }, required: ["n"] };
  const json = (schemaJson: string) =>
    ResponseFormat.create({ kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA, name: "s", schemaJson });
  const held = mapped({ responseFormat: json(JSON.stringify(schema)) });
  assert.deepEqual(held.body["output_config"], {
    format: {
      type: "json_schema",
      schema: {
        type: "object",
        properties: { n: { type: "integer", description: "{minimum: 3}" } },
        required: ["n"],
        additionalProperties: false,
      },
    },
  });
  assert.deepEqual(held.warnings, []);
  const standIn = mapped({ responseFormat: json(JSON.stringify(schema)) }, OLD);
  assert.deepEqual(standIn.body["tool_choice"], { type: "tool", name: "sluice_json_answer" });
  assert.deepEqual((standIn.body["tools"] as { input_schema: unknown }[])[0]?.input_schema, schema);
  assert.match(standIn.warnings.join(), /emulated/);
  const beside = mapped({ responseFormat: json(JSON.stringify(schema)), tools: [tool] }, OLD);
  assert.deepEqual(beside.body["tool_choice"], { type: "any", disable_parallel_tool_use: true });
  const map = mapped({ responseFormat: json('{"type":"object","additionalProperties":{"type":"string"}}') });
  assert.deepEqual(map.body["tool_choice"], { type: "tool", name: "sluice_json_answer" });
  assert.match(mapped({ responseFormat: json('{"type":"object"}') }, NEW).warnings.join(), /by an instruction/);
  const list = mapped({ responseFormat: json('{"type":"array"}') }, OLD);
  assert.match(JSON.stringify(list.body["system"]), /fits this JSON Schema/);
  const object = mapped({
    responseFormat: ResponseFormat.create({ kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT }),
  });
  assert.match(JSON.stringify(object.body["system"]), /one JSON object/);
  assert.match(object.warnings.join(), /emulated/);
  assert.throws(() => mapped({ responseFormat: json("{") }), { code: "invalid_request" });
});

test("a model's generation is read from any way of naming it", () => {
  const thinkingOf = (id: string, capabilities: readonly string[] = []) =>
    traitsOf(id, modelOf("x", { id, capabilities })).thinking;
  assert.deepEqual(
    ["claude-opus-4-20250514", "claude-3-7-sonnet-latest", "claude-3-5-haiku-20241022", "claude-2.1"].map((id) =>
      thinkingOf(id),
    ),
    ["budget", "budget", "none", "none"],
  );
  assert.deepEqual(
    ["anthropic/claude-sonnet-4.6", "us.anthropic.claude-opus-4-7-v1:0", "claude-haiku-6"].map((id) => thinkingOf(id)),
    ["both", "adaptive", "adaptive"],
  );
  assert.deepEqual([thinkingOf("acme-1"), thinkingOf("acme-1", ["reasoning"])], ["none", "budget"]);
});

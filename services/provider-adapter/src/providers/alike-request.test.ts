import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChatRequest,
  Dialect,
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
import { modelOf } from "./models.ts";
import { PROVIDERS } from "./registry.ts";

type Body = Record<string, unknown>;

/** The body and warnings of a request to a model of a provider; a model it does not list is one that configuration added. */
function mapped(name: string, id: string, fields: Partial<ChatRequest>) {
  const provider = PROVIDERS[name]?.({ baseUrl: undefined, abandon: undefined });
  assert.ok(provider);
  const entry = provider.models.find((model) => model.id === id) ?? modelOf(name, { id });
  const request = ChatRequest.create({ dialect: Dialect.DIALECT_OPENAI_CHAT, ...fields });
  const { body, warnings } = provider.mapChat(request, id, entry);
  return { body: JSON.parse(body) as Body, warnings: warnings.join("\n") };
}

const part = (kind: Part["kind"]) => Part.create({ kind });
const text = (role: Role, value: string, fields: Partial<Message> = {}) =>
  Message.create({ role, parts: [part({ $case: "text", value })], plainText: true, ...fields });
const thought = (value: string, fields: Partial<ReasoningPart> = {}) =>
  part({ $case: "reasoning", value: ReasoningPart.create({ text: value, ...fields }) });
const call = (id: string) =>
  part({ $case: "toolCall", value: ToolCall.create({ id, name: "f", argumentsJson: "{}", type: "function" }) });
const result = (toolCallId: string) =>
  Message.create({
    role: Role.ROLE_TOOL,
    parts: [
      part({
        $case: "toolResult",
        value: ToolResult.create({ toolCallId, parts: [part({ $case: "text", value: "1" })] }),
      }),
    ],
  });
const assistant = (...parts: Part[]) => Message.create({ role: Role.ROLE_ASSISTANT, parts, plainText: true });
const messagesOf = (body: Body) => body["messages"] as Body[];
const tools = ["f", "g"].map((name) => Tool.create({ name, type: "function" }));
const names = (body: Body) =>
  (body["tools"] as { function: { name: string } }[] | undefined)?.map((t) => t.function.name);
const choose = (mode: ToolChoiceMode, ...wanted: string[]) => ToolChoice.create({ mode, names: wanted });
const sampling = (fields: Partial<NonNullable<ChatRequest["sampling"]>>) => ({ logitBias: {}, ...fields });
const schema = ResponseFormat.create({
  kind: ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA,
  name: "n",
  schemaJson: '{"type":"object"}',
});

test("mistral gets only fields of its schema, its own names, and tool-call ids in its form", () => {
  const foreign = "call_abcdefghijklmnop";
  const { body, warnings } = mapped("mistral", "mistral-small-2603", {
    messages: [
      text(Role.ROLE_USER, "hi", { name: "ann" }),
      assistant(call(foreign), call("Ab3dEf7hI")),
      result(foreign),
      result("Ab3dEf7hI"),
    ],
    tools,
    toolChoice: choose(ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED),
    sampling: sampling({ seed: 7n, temperature: 2, logitBias: { "1": 1 } }),
    reasoning: { effort: "low" },
    maxOutputTokens: 9n,
    userLabel: "u",
    stream: true,
    extraJson: '{"safe_prompt":true,"web_search_options":{}}',
  });
  const { messages, tools: sent, ...rest } = body;
  assert.equal((sent as unknown[]).length, 2);
  assert.deepEqual(rest, {
    safe_prompt: true,
    model: "mistral-small-2603",
    tool_choice: "any",
    max_tokens: 9,
    temperature: 1.5,
    random_seed: 7,
    reasoning_effort: "high",
    stream: true,
  });
  const [user, asking, first, second] = messages as Body[];
  assert.deepEqual(user, { role: "user", content: "hi" });
  const [rewritten, kept] = ((asking?.["tool_calls"] ?? []) as { id: string }[]).map(({ id }) => id);
  assert.match(rewritten ?? "", /^[A-Za-z0-9]{9}$/);
  assert.deepEqual([first?.["tool_call_id"], kept, second?.["tool_call_id"]], [rewritten, "Ab3dEf7hI", "Ab3dEf7hI"]);
  for (const dropped of ["logit_bias", "user", "web_search_options"]) assert.match(warnings, new RegExp(dropped));
  assert.doesNotMatch(warnings, /safe_prompt|stream_options/);
});

test("mistral takes thinking back as a part of the content", () => {
  const { body } = mapped("mistral", "magistral-medium-latest", {
    messages: [assistant(thought("hm"), part({ $case: "text", value: "a" }))],
  });
  assert.deepEqual(messagesOf(body)[0]?.["content"], [
    { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
    { type: "text", text: "a" },
  ]);
});

test("reasoning goes back to deepseek for turns with tool calls only", () => {
  const { body, warnings } = mapped("deepseek", "deepseek-v4-pro", {
    messages: [
      text(Role.ROLE_USER, "one"),
      assistant(thought("plain"), part({ $case: "text", value: "a" })),
      text(Role.ROLE_USER, "two"),
      assistant(thought("before the call"), call("c")),
      result("c"),
    ],
    reasoning: { effort: "medium" },
    n: 2,
  });
  assert.deepEqual(
    messagesOf(body).map((message) => message["reasoning_content"]),
    [undefined, undefined, undefined, "before the call", undefined],
  );
  assert.deepEqual([body["thinking"], body["reasoning_effort"], body["n"]], [{ type: "enabled" }, "medium", undefined]);
  assert.match(warnings, /several answers/);
  const off = mapped("deepseek", "deepseek-v4-pro", { reasoning: { effort: "none" } }).body;
  assert.deepEqual([off["thinking"], off["reasoning_effort"]], [{ type: "disabled" }, undefined]);
});

test("where no schema is enforced, it is put into the prompt and a JSON object asked for", () => {
  for (const [provider, model] of [
    ["deepseek", "deepseek-v4-flash"],
    ["zhipu", "glm-5.2"],
    ["groq", "llama-3.3-70b-versatile"],
  ] as const) {
    const { body, warnings } = mapped(provider, model, {
      messages: [text(Role.ROLE_USER, "q")],
      responseFormat: schema,
    });
    assert.deepEqual(body["response_format"], { type: "json_object" }, provider);
    assert.match(String(messagesOf(body)[0]?.["content"]), /JSON Schema: \{"type":"object"\}/);
    assert.match(warnings, /schema was put into the prompt/);
  }
  const native = mapped("groq", "openai/gpt-oss-120b", { responseFormat: schema }).body["response_format"];
  assert.equal((native as Body)["type"], "json_schema");
});

test("models of xai that think get no stop and no penalties, and only the efforts they know", () => {
  const fields = {
    stop: ["x"],
    sampling: sampling({ presencePenalty: 1, frequencyPenalty: 1, temperature: 0.5 }),
    reasoning: { effort: "minimal" },
    extraJson: '{"search_parameters":{"mode":"on"}}',
  };
  const { body, warnings } = mapped("xai", "grok-4.3", fields);
  assert.deepEqual(body, { model: "grok-4.3", messages: [], temperature: 0.5, reasoning_effort: "low" });
  assert.match(warnings, /stop.*\n.*presence_penalty|presence_penalty/);
  const other = mapped("xai", "grok-4.20-0309-non-reasoning", fields).body;
  assert.deepEqual([other["stop"], other["presence_penalty"], other["reasoning_effort"]], [["x"], 1, undefined]);
});

test("groq tells thinking apart from the text and takes one answer without log probabilities", () => {
  const { body } = mapped("groq", "qwen/qwen3-32b", {
    n: 2,
    logprobs: true,
    topLogprobs: 2,
    reasoning: { effort: "high" },
  });
  assert.deepEqual(body, {
    model: "qwen/qwen3-32b",
    messages: [],
    reasoning_format: "parsed",
    reasoning_effort: "default",
  });
  assert.equal(mapped("groq", "qwen/qwen3-32b", { reasoning: { include: false } }).body["reasoning_format"], "hidden");
  const oss = mapped("groq", "openai/gpt-oss-20b", { reasoning: { effort: "xhigh", include: false } }).body;
  assert.deepEqual(
    [oss["reasoning_effort"], oss["include_reasoning"], oss["reasoning_format"]],
    ["high", false, undefined],
  );
  const own = mapped("groq", "qwen/qwen3-32b", { extraJson: '{"reasoning_format":"raw"}' }).body;
  assert.equal(own["reasoning_format"], "raw", "what the caller wrote in the provider's own words wins");
});

test("switches and budgets of thinking have each provider's names", () => {
  const think = (name: string, model: string, reasoning: ChatRequest["reasoning"]) => {
    const { model: _model, messages: _messages, ...rest } = mapped(name, model, { reasoning }).body;
    return rest;
  };
  assert.deepEqual(think("qwen", "qwen3.7-max", { maxTokens: 99n }), { enable_thinking: true, thinking_budget: 99 });
  assert.deepEqual(think("qwen", "qwen3.7-max", { effort: "none" }), { enable_thinking: false });
  assert.deepEqual(think("qwen", "qwen-turbo", { effort: "high" }), {});
  assert.deepEqual(think("zhipu", "glm-4.6", { effort: "high" }), { thinking: { type: "enabled" } });
  assert.deepEqual(think("zhipu", "glm-4.6", { effort: "none" }), { thinking: { type: "disabled" } });
  assert.deepEqual(think("moonshot", "kimi-k2.6", { effort: "none" }), { thinking: { type: "disabled" } });
  assert.deepEqual(think("moonshot", "kimi-k3", { effort: "medium" }), { reasoning_effort: "high" });
  assert.deepEqual(think("openrouter", "x/y", { maxTokens: 5n, include: false }), {
    reasoning: { max_tokens: 5, exclude: true },
  });
  assert.deepEqual(think("openrouter", "x/y", { effort: "low" }), { reasoning: { effort: "low" } });
  assert.deepEqual(think("together", "zai-org/GLM-5.2", { effort: "low" }), { reasoning: { enabled: true } });
  assert.deepEqual(think("together", "openai/gpt-oss-20b", { effort: "low" }), { reasoning_effort: "low" });
  assert.deepEqual(think("cerebras", "zai-glm-4.7", { effort: "none" }), { reasoning_effort: "none" });
  assert.deepEqual(think("ollama", "llama", { effort: "minimal" }), { reasoning_effort: "low" });
  assert.deepEqual(think("vllm", "llama", { include: false }), { include_reasoning: false });
});

test("a choice of tools the provider has no words for is made by the tools sent", () => {
  const named = { tools, toolChoice: choose(ToolChoiceMode.TOOL_CHOICE_MODE_NAMED, "g") };
  const { body, warnings } = mapped("zhipu", "glm-5.2", named);
  assert.deepEqual([names(body), body["tool_choice"]], [["g"], "auto"]);
  assert.match(warnings, /only the tools it names were sent/);
  const none = mapped("ollama", "llama", { tools, toolChoice: choose(ToolChoiceMode.TOOL_CHOICE_MODE_NONE) }).body;
  assert.deepEqual([names(none), none["tool_choice"]], [undefined, undefined]);
  const several = choose(ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED, "f");
  const mistral = mapped("mistral", "mistral-large-2512", { tools, toolChoice: several }).body;
  assert.deepEqual([names(mistral), mistral["tool_choice"]], [["f"], "any"]);
  const perplexity = mapped("perplexity", "sonar", named);
  assert.equal(perplexity.body["tools"], undefined);
  assert.match(perplexity.warnings, /Calling tools/);
});

test("signed reasoning goes back to openrouter as the blocks it came in, and nowhere else", () => {
  const blocks = [
    { text: "because", signature: "c2ln", id: "anthropic-claude-v1|reasoning.text|", provider: "openrouter" },
    {
      signature: "ZGF0YQ==",
      redacted: true,
      id: "openai-responses-v1|reasoning.encrypted|rs_1",
      provider: "openrouter",
    },
    { text: "foreign", signature: "eA==", provider: "elsewhere" },
  ].map(({ text: value = "", ...fields }) => thought(value, fields));
  const { body } = mapped("openrouter", "x/y", { messages: [assistant(...blocks, call("c"))] });
  assert.deepEqual(messagesOf(body)[0]?.["reasoning_details"], [
    { type: "reasoning.text", text: "because", signature: "c2ln", format: "anthropic-claude-v1", index: 0 },
    { type: "reasoning.encrypted", data: "ZGF0YQ==", id: "rs_1", format: "openai-responses-v1", index: 1 },
  ]);
  const foreign = mapped("openrouter", "x/y", { messages: [assistant(thought("foreign", { provider: "elsewhere" }))] });
  assert.equal(messagesOf(foreign.body)[0]?.["reasoning"], "foreign");
});

test("what would change the price unseen is not passed on", () => {
  const extraJson = '{"models":["dear/model"],"plugins":[{"id":"web"}],"provider":{"order":["x"]}}';
  assert.deepEqual(mapped("openrouter", "x/y", { extraJson }).body, {
    provider: { order: ["x"] },
    model: "x/y",
    messages: [],
  });
  assert.equal(mapped("qwen", "qwen-plus", { extraJson: '{"enable_search":true}' }).body["enable_search"], undefined);
});

test("other limits of the wire are kept", () => {
  const kimi = mapped("moonshot", "kimi-k2.6", { sampling: sampling({ temperature: 0.3, topP: 0.5 }), n: 1 });
  assert.deepEqual(Object.keys(kimi.body), ["model", "messages"]);
  const fireworks = mapped("fireworks", "accounts/fireworks/models/glm-5p2", {
    sampling: sampling({ topK: 4, minP: 0.1 }),
  });
  const { context_length_exceeded_behavior, top_k, min_p } = fireworks.body;
  assert.deepEqual([context_length_exceeded_behavior, top_k, min_p], ["error", 4, 0.1]);
  const cerebras = mapped("cerebras", "gpt-oss-120b", {
    maxOutputTokens: 5n,
    sampling: sampling({ presencePenalty: 1 }),
  });
  assert.deepEqual(cerebras.body, { model: "gpt-oss-120b", messages: [], max_completion_tokens: 5 });
});

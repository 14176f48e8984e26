import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Provider } from "../provider.ts";
import { PROVIDERS } from "./registry.ts";

function providerOf(name: string): Provider {
  const provider = PROVIDERS[name]?.({ baseUrl: undefined, abandon: undefined });
  assert.ok(provider);
  return provider;
}

/** Reads events (objects, or `[name, data]`) and gives the first answer with the reader's state. */
function read(name: string, events: readonly (object | string | readonly [string, string])[]) {
  const reader = providerOf(name).openStream();
  const chunks: ChatChunk[] = [];
  for (const event of events) {
    if (Array.isArray(event)) reader.step(event[0], event[1], chunks);
    else reader.step("", typeof event === "string" ? event : JSON.stringify(event), chunks);
  }
  reader.end(chunks);
  const accumulator = accumulate();
  for (const chunk of chunks) accumulator.push(chunk);
  return { reader, answer: accumulator.answers()[0], start: accumulator.start() };
}

const delta = (fields: object, finish: string | null = null) => ({
  id: "c",
  model: "m",
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});

/** Provider, status, body, and what it means. */
const CASES: readonly (readonly [string, number, unknown, string])[] = [
  ["mistral", 401, { detail: "Invalid API Key" }, "unauthenticated"],
  ["mistral", 429, { message: "Requests rate limit exceeded" }, "rate_limited"],
  ["mistral", 422, { object: "error", message: { detail: [{ loc: ["body", "x"], msg: "no" }] } }, "invalid_request"],
  [
    "mistral",
    400,
    { object: "error", message: "Invalid model: x", type: "invalid_model", code: "1500" },
    "model_not_found",
  ],
  [
    "mistral",
    400,
    { object: "error", message: "Prompt contains 9 tokens, too large", code: "3051" },
    "context_too_long",
  ],
  [
    "deepseek",
    401,
    { error: { message: "Authentication Fails", type: "authentication_error", code: "invalid_request_error" } },
    "unauthenticated",
  ],
  [
    "deepseek",
    402,
    { error: { message: "Insufficient Balance", type: "unknown_error", code: "invalid_request_error" } },
    "quota_exhausted",
  ],
  [
    "deepseek",
    400,
    { error: { message: "Content Exists Risk", type: "invalid_request_error", code: "invalid_request_error" } },
    "content_blocked",
  ],
  [
    "qwen",
    400,
    { error: { code: "data_inspection_failed", message: "Input data may contain inappropriate content." } },
    "content_blocked",
  ],
  [
    "qwen",
    400,
    { error: { code: "Arrearage", message: "Access denied, please make sure your account is in good standing." } },
    "quota_exhausted",
  ],
  [
    "qwen",
    429,
    { error: { code: "insufficient_quota", message: "Allocated quota exceeded, please increase your quota limit." } },
    "rate_limited",
  ],
  [
    "qwen",
    400,
    { error: { code: "invalid_parameter_error", message: "Range of input length should be [1, 30720]" } },
    "context_too_long",
  ],
  [
    "xai",
    400,
    { code: "Client specified an invalid argument", error: "Incorrect API key provided: xa***." },
    "unauthenticated",
  ],
  [
    "xai",
    400,
    { code: "Client specified an invalid argument", error: "Model x does not support parameter y." },
    "invalid_request",
  ],
  [
    "xai",
    403,
    { code: "The caller does not have permission", error: "Content violates usage guidelines." },
    "content_blocked",
  ],
  [
    "xai",
    429,
    { code: "Some resource has been exhausted", error: "Your team has used all available credits" },
    "quota_exhausted",
  ],
  [
    "groq",
    413,
    { error: { message: "Request too large", type: "tokens", code: "rate_limit_exceeded" } },
    "context_too_long",
  ],
  [
    "groq",
    400,
    { error: { message: "Failed to call a function.", code: "tool_use_failed", failed_generation: "x" } },
    "bad_response",
  ],
  [
    "groq",
    400,
    { error: { message: "The model has been decommissioned", code: "model_decommissioned" } },
    "model_not_found",
  ],
  ["openrouter", 402, { error: { code: 402, message: "Insufficient credits" } }, "quota_exhausted"],
  ["openrouter", 429, { error: { code: 429, message: "Rate limit exceeded: free-models-per-day" } }, "quota_exhausted"],
  ["openrouter", 404, { error: { code: 404, message: "No endpoints found that support tool use" } }, "invalid_request"],
  ["openrouter", 404, { error: { code: 404, message: "No endpoints found for x/y." } }, "model_not_found"],
  [
    "together",
    422,
    { error: { message: "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193" } },
    "context_too_long",
  ],
  ["fireworks", 412, { error: { code: "PRECONDITION_FAILED", message: "Account x is suspended" } }, "quota_exhausted"],
  [
    "cerebras",
    429,
    {
      message: "We're experiencing high traffic",
      type: "too_many_requests_error",
      param: "queue",
      code: "queue_exceeded",
    },
    "overloaded",
  ],
  [
    "cerebras",
    401,
    { message: "Wrong API Key", type: "invalid_request_error", param: "api_key", code: "wrong_api_key" },
    "unauthenticated",
  ],
  ["perplexity", 400, { error: { message: "x", type: "too_many_prompt_tokens", code: 400 } }, "context_too_long"],
  ["perplexity", 401, "<html><title>401 Authorization Required</title></html>", "unauthenticated"],
  ["moonshot", 429, { error: { message: "quota", type: "exceeded_current_quota_error" } }, "quota_exhausted"],
  ["moonshot", 429, { error: { message: "busy", type: "engine_overloaded_error" } }, "overloaded"],
  ["zhipu", 429, { error: { code: "1113", message: "no balance" } }, "quota_exhausted"],
  ["zhipu", 429, { error: { code: "1302", message: "slow" } }, "rate_limited"],
  ["zhipu", 400, { error: { code: "1301", message: "unsafe" } }, "content_blocked"],
  [
    "ollama",
    400,
    { error: { message: "prompt too long; exceeded max context length by 9 tokens" } },
    "context_too_long",
  ],
  [
    "vllm",
    404,
    { object: "error", message: "The model `x` does not exist.", type: "NotFoundError", code: 404 },
    "model_not_found",
  ],
  [
    "vllm",
    422,
    { detail: [{ loc: ["body", "model"], msg: "Field required", input: "secret words" }] },
    "invalid_request",
  ],
];

test("what an error means is read from each provider's own words", () => {
  for (const [name, status, body, code] of CASES) {
    const said = typeof body === "string" ? body : JSON.stringify(body);
    const error = providerOf(name).mapError({ status, headers: {}, body: said });
    assert.equal(error.code, `upstream_${code}`, `${name} ${said}`);
    assert.doesNotMatch(error.message, /secret words/);
  }
});

test("the provider behind a reseller is heard, also inside a 200", () => {
  const raw =
    '{"error":{"message":"This model\'s maximum context length is 8 tokens.","code":"context_length_exceeded"}}';
  const body = { error: { code: 400, message: "Provider returned error", metadata: { provider_name: "X", raw } } };
  const error = providerOf("openrouter").mapError({ status: 400, headers: {}, body: JSON.stringify(body) });
  assert.equal(error.code, "upstream_context_too_long");
  assert.match(error.message, /^This model's maximum/);
  const plain = providerOf("openrouter").mapResponse('{"error":{"code":502,"message":"Bad gateway"}}');
  assert.equal(plain.error?.code, "upstream_unavailable");
  const inChoice = { choices: [{ index: 0, finish_reason: "error", error: { code: 429, message: "slow" } }] };
  assert.equal(providerOf("openrouter").mapResponse(JSON.stringify(inChoice)).error?.code, "upstream_rate_limited");
});

test("a wait may stand in a header of any kind or in the sentence", () => {
  const wait = (name: string, headers: Record<string, string>, message = "slow") =>
    providerOf(name).mapError({ status: 429, headers, body: JSON.stringify({ error: { message } }) }).details
      .retryAfterMs;
  assert.equal(wait("moonshot", {}, "reached max RPM: 3, please try again after 1 seconds"), 1_000);
  assert.equal(wait("groq", {}, "Please try again in 1m2.5s. Visit us"), 62_500);
  assert.equal(wait("cerebras", { "x-ratelimit-reset-tokens-minute": "12.5" }), 12_500);
  const reset =
    wait("openrouter", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Date.now() + 9_000) }) ?? 0;
  assert.ok(reset > 5_000 && reset <= 9_000);
});

test("a failure after the stream began says whose mistake it was, with what it cost", () => {
  const failed =
    '{"error":{"message":"did not match schema","code":"tool_use_failed","failed_generation":"x","status_code":400}}';
  assert.equal(read("groq", [delta({ content: "" }), ["error", failed]]).reader.error?.code, "upstream_bad_response");
  const usage = { prompt_tokens: 43, completion_tokens: 10, total_tokens: 53 };
  const late = { ...delta({ content: "" }), error: { code: 502, message: "Provider disconnected" }, usage };
  const { reader } = read("openrouter", [delta({ content: "a" }), late]);
  assert.deepEqual([reader.error?.code, reader.usage?.outputTokens], ["upstream_unavailable", 10n]);
});

test("usage is found where each provider keeps it", () => {
  const usage = { prompt_tokens: 24, completion_tokens: 4, total_tokens: 28 };
  const end = { ...delta({}, "stop"), x_groq: { id: "r", usage } };
  assert.equal(read("groq", [delta({ content: "a" }), end]).reader.usage?.outputTokens, 4n);
  const inChoice = { id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop", usage }] };
  assert.equal(read("moonshot", [delta({ content: "a" }), inChoice]).reader.usage?.inputTokens, 24n);
  const cached = {
    ...delta({}, "stop"),
    usage: { ...usage, prompt_cache_hit_tokens: 20, prompt_cache_miss_tokens: 4 },
  };
  const hit = read("deepseek", [cached]).reader.usage;
  assert.deepEqual([hit?.inputTokens, hit?.cachedInputTokens], [4n, 20n]);
  const details = { completion_tokens_details: { reasoning_tokens: 10 } };
  const onTop = { ...delta({}, "stop"), usage: { ...usage, ...details, total_tokens: 38 } };
  const within = { ...delta({}, "stop"), usage: { ...usage, completion_tokens: 14, ...details, total_tokens: 38 } };
  for (const event of [onTop, within]) {
    const { outputTokens, reasoningTokens } = read("xai", [event]).reader.usage ?? {};
    assert.deepEqual([outputTokens, reasoningTokens], [14n, 10n]);
  }
  const searched = { ...delta({}, "stop"), usage: { ...usage, search_context_size: "low" } };
  assert.deepEqual(read("perplexity", [searched]).reader.usage?.serverToolCalls, { search_low: 1n });
});

test("reasoning details keep their blocks, signatures and formats; the same thinking as text is not doubled", () => {
  const text = (value: string) => ({ type: "reasoning.text", text: value, format: "anthropic-claude-v1", index: 0 });
  const signed = { type: "reasoning.text", text: "", signature: "c2ln", format: "anthropic-claude-v1", index: 0 };
  const sealed = { type: "reasoning.encrypted", data: "ZGF0YQ==", id: "rs_1", format: "openai-responses-v1", index: 0 };
  const { answer } = read("openrouter", [
    delta({ reasoning: "be", reasoning_details: [text("be")] }),
    delta({ reasoning: "cause", reasoning_details: [text("cause")] }),
    delta({ reasoning: null, reasoning_details: [signed] }),
    delta({ reasoning_details: [sealed] }),
    delta({ content: "a" }, "stop"),
  ]);
  const first = { text: "because", signature: "c2ln", redacted: false, id: "anthropic-claude-v1|reasoning.text|" };
  const second = {
    text: "",
    signature: "ZGF0YQ==",
    redacted: true,
    id: "openai-responses-v1|reasoning.encrypted|rs_1",
  };
  assert.deepEqual(answer?.reasoning, [first, second]);
});

test("oddities of streams do no harm", () => {
  const azure = { id: "", model: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] };
  const { start, answer } = read("vllm", [azure, delta({ content: "a" }), delta({}, "stop")]);
  assert.deepEqual([start?.id, start?.extraJson], ["c", '{"prompt_filter_results":[{"prompt_index":0}]}']);
  assert.equal(answer?.text, "a");
  const silent = { index: 0, id: "call", type: "function", function: { name: "f", arguments: "" } };
  const bare = read("ollama", [delta({ tool_calls: [silent] }), delta({}, "tool_calls")]).answer?.toolCalls;
  assert.deepEqual(
    bare?.map(({ argumentsJson }) => argumentsJson),
    ["{}"],
  );
  const cut = read("ollama", [delta({ tool_calls: [silent] }), delta({}, "length")]).answer?.toolCalls;
  assert.deepEqual(
    cut?.map(({ argumentsJson }) => argumentsJson),
    [""],
  );
  const whole = {
    id: "c",
    choices: [{ index: 0, message: { role: "assistant", content: "all" }, finish_reason: "stop" }],
  };
  assert.equal(read("perplexity", [whole]).answer?.text, "all");
  const together = read("together", [delta({ token_id: 5, content: "a" }, "stop")]);
  assert.deepEqual(together.answer?.extra, {});
});

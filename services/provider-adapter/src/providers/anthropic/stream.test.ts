import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import { type ChatChunk, Dialect, FinishReason } from "@sluice/proto/chat/v1/chat";
import { anthropic } from "./index.ts";

const provider = anthropic({ baseUrl: undefined, abandon: undefined });

const USAGE = { input_tokens: 10, output_tokens: 1 };
const begin = (fields: object = {}) => ({
  type: "message_start",
  message: { id: "msg_1", model: "claude", content: [], stop_reason: null, usage: USAGE, ...fields },
});
const open = (index: number, block: object) => ({ type: "content_block_start", index, content_block: block });
const delta = (index: number, fields: object) => ({ type: "content_block_delta", index, delta: fields });
const say = (index: number, text: string) => delta(index, { type: "text_delta", text });
const json = (index: number, partial_json: string) => delta(index, { type: "input_json_delta", partial_json });
const close = (index: number) => ({ type: "content_block_stop", index });
const stop = (reason: string | null, fields: object = {}, usage: object | null = { output_tokens: 5 }) => ({
  type: "message_delta",
  delta: { stop_reason: reason, stop_sequence: null, ...fields },
  usage,
});
const END = { type: "message_stop" };

function read(events: readonly (object | string)[], name = "") {
  const reader = provider.openStream();
  const chunks: ChatChunk[] = [];
  for (const event of events) reader.step(name, typeof event === "string" ? event : JSON.stringify(event), chunks);
  reader.end(chunks);
  return result(reader, chunks);
}

function result<T>(state: T, chunks: readonly ChatChunk[]) {
  const accumulator = accumulate();
  for (const chunk of chunks) accumulator.push(chunk);
  const [answer] = accumulator.answers();
  assert.ok(answer);
  return { state, chunks, answer, start: accumulator.start() };
}

function plain(content: readonly object[], fields: object = {}) {
  const body = { ...begin().message, content, stop_reason: "end_turn", ...fields };
  const mapped = provider.mapResponse(JSON.stringify(body));
  return result(mapped, mapped.chunks);
}

test("thinking keeps its blocks, signatures and redactions apart", () => {
  const { answer } = read([
    begin(),
    open(0, { type: "thinking", thinking: "", signature: "" }),
    delta(0, { type: "thinking_delta", thinking: "h" }),
    delta(0, { type: "thinking_delta", thinking: "m" }),
    delta(0, { type: "signature_delta", signature: "c2ln" }),
    close(0),
    open(1, { type: "redacted_thinking", data: "ZW5j" }),
    close(1),
    open(2, { type: "thinking", thinking: "", signature: "" }),
    delta(2, { type: "signature_delta", signature: "b25seQ==" }),
    close(2),
    open(3, { type: "text", text: "" }),
    say(3, "ok"),
    close(3),
    stop("end_turn"),
    END,
  ]);
  const blocks = answer.reasoning.map(({ text, signature, redacted }) => [text, signature, redacted]);
  assert.deepEqual(blocks, [
    ["hm", "c2ln", false],
    ["", "ZW5j", true],
    ["", "b25seQ==", false],
  ]);
  assert.equal(answer.text, "ok");
});

test("tools that the provider runs neither cost text nor become calls; their blocks are kept", () => {
  const search = { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] };
  const { answer } = read([
    begin(),
    open(0, { type: "text", text: "" }),
    say(0, "Let me "),
    say(0, "look. "),
    close(0),
    open(1, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
    json(1, '{"query":'),
    json(1, '"x"}'),
    close(1),
    open(2, search),
    close(2),
    open(3, { type: "text", text: "", citations: [] }),
    delta(3, { type: "citations_delta", citation: { type: "web_search_result_location", url: "https://e.example" } }),
    say(3, "Found."),
    close(3),
    open(4, { type: "compaction", content: "" }),
    delta(4, { type: "compaction_delta", content: "so far" }),
    stop("end_turn"),
    END,
  ]);
  assert.deepEqual([answer.text, answer.toolCalls], ["Let me look. Found.", []]);
  assert.deepEqual(answer.annotations, [{ type: "web_search_result_location", url: "https://e.example" }]);
  assert.deepEqual(answer.extra["content_blocks"], [
    { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } },
    search,
    { type: "compaction", content: "so far" },
  ]);
  const whole = plain([{ type: "text", text: "a", citations: [{ type: "page_location" }] }, search]).answer;
  assert.deepEqual(
    [whole.text, whole.annotations, whole.extra["content_blocks"]],
    ["a", [{ type: "page_location" }], [search]],
  );
});

test("a call's arguments come in pieces, with its start, or not at all", () => {
  const tool = (id: string, input: object = {}) => ({ type: "tool_use", id, name: "f", input });
  const { answer } = read([
    begin(),
    open(0, tool("a")),
    json(0, ""),
    json(0, '{"a"'),
    open(1, tool("b", { b: 1 })),
    json(0, ":1}"),
    close(0),
    close(1),
    open(2, tool("c")),
    json(2, ""),
    stop("tool_use"),
    END,
  ]);
  const calls = answer.toolCalls.map(({ id, argumentsJson, type }) => [id, argumentsJson, type]);
  assert.deepEqual(calls, [
    ["a", '{"a":1}', "function"],
    ["b", '{"b":1}', "function"],
    ["c", "{}", "function"],
  ]);
  assert.equal(answer.finish?.reason, FinishReason.FINISH_REASON_TOOL_CALLS);
});

test("the tool that stands in for a JSON answer is the answer", () => {
  const tool = { type: "tool_use", id: "t", name: "sluice_json_answer", input: {} };
  const streamed = read([begin(), open(0, tool), json(0, '{"n":'), json(0, "1}"), close(0), stop("tool_use"), END]);
  const whole = plain([{ ...tool, input: { n: 1 } }], { stop_reason: "tool_use" });
  for (const { answer } of [streamed, whole]) {
    assert.deepEqual([answer.text, answer.toolCalls], ['{"n":1}', []]);
    assert.deepEqual([answer.finish?.reason, answer.finish?.rawReason], [FinishReason.FINISH_REASON_STOP, "tool_use"]);
  }
  const beside = plain([{ ...tool, name: "f" }, tool], { stop_reason: "tool_use" });
  assert.equal(beside.answer.finish?.reason, FinishReason.FINISH_REASON_TOOL_CALLS);
});

test("reasons to stop keep the provider's word, its stop string and its details", () => {
  const words: readonly (readonly [string, FinishReason])[] = [
    ["end_turn", FinishReason.FINISH_REASON_STOP],
    ["stop_sequence", FinishReason.FINISH_REASON_STOP],
    ["pause_turn", FinishReason.FINISH_REASON_STOP],
    ["max_tokens", FinishReason.FINISH_REASON_LENGTH],
    ["model_context_window_exceeded", FinishReason.FINISH_REASON_LENGTH],
    ["refusal", FinishReason.FINISH_REASON_CONTENT_FILTER],
    ["brand_new", FinishReason.FINISH_REASON_OTHER],
    ["constructor", FinishReason.FINISH_REASON_OTHER],
  ];
  for (const [raw, reason] of words) {
    for (const { answer } of [read([begin(), stop(raw), END]), plain([], { stop_reason: raw })]) {
      assert.deepEqual([answer.finish?.rawReason, answer.finish?.reason], [raw, reason]);
    }
  }
  const details = { type: "refusal", category: "cyber", explanation: "no" };
  const refused = read([begin(), stop("refusal", { stop_details: details }), END]);
  assert.deepEqual(refused.answer.extra, { stop_details: details });
  assert.equal(read([begin(), stop("stop_sequence", { stop_sequence: "END" })]).answer.finish?.stopSequence, "END");
});

test("usage is told at the start and restated at the end; half a bill is no bill", () => {
  const cache = { cache_read_input_tokens: 7, cache_creation_input_tokens: 5 };
  const split = { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 };
  const usage = { ...USAGE, ...cache, cache_creation: split, service_tier: "priority" };
  const nulls = { input_tokens: null, output_tokens: 5, cache_read_input_tokens: 7 };
  const { state, start } = read([begin({ usage }), say(0, "a"), stop("end_turn", {}, nulls), END]);
  const { inputTokens, outputTokens, cachedInputTokens, cacheWrite5mTokens, cacheWrite1hTokens } = state.usage ?? {};
  assert.deepEqual(
    [inputTokens, cachedInputTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens],
    [10n, 7n, 2n, 3n, 5n],
  );
  assert.deepEqual([state.serviceTier, start?.serviceTier], ["priority", "priority"]);
  assert.equal(read([begin(), say(0, "a")]).state.usage, undefined);
  assert.equal(read([begin({ usage: undefined }), say(0, "a"), stop("end_turn")]).state.usage, undefined);
  assert.equal(read([begin(), stop("end_turn", {}, null), END]).state.usage, undefined);
});

test("the start carries what has no place of its own, in this dialect", () => {
  const { start } = read([
    begin({ container: { id: "c" }, role: "assistant", diagnostics: null }),
    stop("end_turn"),
    END,
  ]);
  assert.deepEqual([start?.id, start?.model, start?.extraJson], ["msg_1", "claude", '{"container":{"id":"c"}}']);
  assert.equal(start?.dialect, Dialect.DIALECT_ANTHROPIC_MESSAGES);
});

test("an answer that came whole with its start is whole", () => {
  const content = [{ type: "tool_use", id: "t", name: "f", input: { a: 1 } }];
  const { answer, state } = read([
    begin({ content, stop_reason: "tool_use", usage: { ...USAGE, output_tokens: 0 } }),
    END,
  ]);
  assert.deepEqual([answer.toolCalls[0]?.argumentsJson, answer.finish?.rawReason], ['{"a":1}', "tool_use"]);
  assert.deepEqual([state.finished, state.usage?.outputTokens], [true, 0n]);
});

test("a repeated start is passed over, another message within the first is refused", () => {
  assert.equal(read([begin(), begin(), say(0, "a"), stop("end_turn"), END]).answer.text, "a");
  const other = begin({ id: "msg_2" });
  assert.throws(() => read([begin(), say(0, "a"), other]), { code: "upstream_bad_response" });
  assert.equal(read([begin(), say(0, "a"), stop("end_turn"), END, other, say(0, "b")]).answer.text, "a");
});

test("events of unknown kinds, pings and left-out block starts do no harm", () => {
  const { answer, state } = read([
    begin(),
    { type: "ping" },
    { type: "news", x: 1 },
    say(0, "a"),
    delta(0, { type: "new_delta", y: 1 }),
    delta(1, { type: "thinking_delta", thinking: "hm" }),
    stop(null),
    stop("end_turn"),
    "[DONE]",
  ]);
  assert.deepEqual([answer.text, answer.reasoning[0]?.text, state.finished, state.ended], ["a", "hm", true, true]);
});

test("an error inside a stream or a 200 is an error; what cannot be read is refused", () => {
  const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  assert.equal(read([begin(), say(0, "a"), error]).state.error?.code, "upstream_overloaded");
  assert.equal(provider.mapResponse(JSON.stringify(error)).error?.code, "upstream_overloaded");
  const named = provider.openStream();
  named.step("error", '{"message":"Too late","type":"timeout_error"}', []);
  assert.deepEqual([named.error?.code, named.error?.message], ["upstream_timeout", "Too late"]);
  for (const bad of ["{", "[]", "null", '"x"']) {
    assert.throws(() => read([bad]), { code: "upstream_bad_response" });
    assert.throws(() => provider.mapResponse(bad), { code: "upstream_bad_response" });
  }
  assert.throws(() => provider.mapResponse('{"completion":"old"}'), { code: "upstream_bad_response" });
  assert.throws(() => provider.mapResponse("<html>"), { code: "upstream_bad_response" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import { type ChatChunk, FinishReason } from "@sluice/proto/chat/v1/chat";
import { openaiResponses } from "./index.ts";

const reader = openaiResponses("openai");
const message = (...content: unknown[]) => ({ type: "message", id: "msg_1", role: "assistant", content });
const said = (text: string) => ({ type: "output_text", text, annotations: [] });
const call = { type: "function_call", id: "fc_1", call_id: "call_1", name: "now", arguments: '{"zone":"UTC"}' };
const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 17,
};
const response = (more: Record<string, unknown>) => ({
  id: "resp_1",
  object: "response",
  created_at: 5,
  model: "m",
  status: "completed",
  output: [],
  usage,
  ...more,
});

const plain = (more: Record<string, unknown>) => reader.mapResponse(JSON.stringify(response(more)));

function streamed(...events: Record<string, unknown>[]) {
  const stream = reader.openStream();
  const chunks: ChatChunk[] = [];
  for (const event of events) stream.step("", JSON.stringify(event), chunks);
  stream.end(chunks);
  return { stream, chunks };
}

function answerOf(chunks: readonly ChatChunk[]) {
  const whole = accumulate();
  for (const chunk of chunks) whole.push(chunk);
  const [answer] = whole.answers();
  assert.ok(answer);
  return answer;
}

test("text, refusal and thinking with its proof are read; the finish follows from status and calls", () => {
  const reasoning = { type: "reasoning", id: "rs_1", summary: [{ text: "a" }, { text: "b" }], encrypted_content: "S" };
  const { chunks, usage: used } = plain({ output: [reasoning, message(said("Hello"), said(" you")), call] });
  const answer = answerOf(chunks);
  assert.equal(answer.text, "Hello you");
  assert.deepEqual(answer.reasoning, [{ text: "a\n\nb", signature: "S", redacted: false, id: "rs_1" }]);
  assert.deepEqual(
    answer.toolCalls.map(({ id, name, argumentsJson }) => [id, name, argumentsJson]),
    [["call_1", "now", '{"zone":"UTC"}']],
  );
  assert.equal(answer.finish?.reason, FinishReason.FINISH_REASON_TOOL_CALLS);
  assert.deepEqual(
    [used?.inputTokens, used?.cachedInputTokens, used?.outputTokens, used?.reasoningTokens],
    [6n, 4n, 7n, 5n],
  );
  assert.equal(answerOf(plain({ output: [message({ type: "refusal", refusal: "No." })] }).chunks).refusal, "No.");
});

test("an incomplete answer says why, one that is still under way is not finished, a failed one is an error", () => {
  const cut = plain({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  assert.equal(answerOf(cut.chunks).finish?.reason, FinishReason.FINISH_REASON_LENGTH);
  const blocked = plain({ status: "incomplete", incomplete_details: { reason: "content_filter" } });
  assert.equal(answerOf(blocked.chunks).finish?.reason, FinishReason.FINISH_REASON_CONTENT_FILTER);
  assert.equal(plain({ status: "queued" }).finished, false);
  const failed = plain({ status: "failed", error: { code: "rate_limit_exceeded", message: "slow down" } });
  assert.equal(failed.error?.code, "upstream_rate_limited");
});

test("what the provider's own tools did is kept beside the answer", () => {
  const search = { type: "web_search_call", id: "ws_1", status: "completed" };
  assert.deepEqual(answerOf(plain({ output: [search, message(said("x"))] }).chunks).extra, { output_items: [search] });
});

test("a stream says the same piece by piece, and nothing twice", () => {
  const { stream, chunks } = streamed(
    { type: "response.created", response: response({ status: "in_progress", usage: null }) },
    { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", id: "rs_1", summary: [] } },
    { type: "response.reasoning_summary_part.added", output_index: 0, summary_index: 0 },
    { type: "response.reasoning_summary_text.delta", output_index: 0, delta: "a" },
    { type: "response.reasoning_summary_part.added", output_index: 0, summary_index: 1 },
    { type: "response.reasoning_summary_text.delta", output_index: 0, delta: "b" },
    {
      type: "response.output_item.done",
      output_index: 0,
      item: { type: "reasoning", id: "rs_1", summary: [{ text: "a" }, { text: "b" }], encrypted_content: "S" },
    },
    { type: "response.output_item.added", output_index: 1, item: message() },
    { type: "response.output_text.delta", output_index: 1, delta: "Hel" },
    { type: "response.output_text.delta", output_index: 1, delta: "lo" },
    { type: "response.output_text.done", output_index: 1, text: "Hello" },
    { type: "response.output_item.done", output_index: 1, item: message(said("Hello")) },
    { type: "response.output_item.added", output_index: 2, item: { ...call, arguments: "" } },
    { type: "response.function_call_arguments.delta", output_index: 2, delta: '{"zone":' },
    { type: "response.function_call_arguments.delta", output_index: 2, delta: '"UTC"}' },
    { type: "response.output_item.done", output_index: 2, item: call },
    { type: "response.completed", response: response({ output: [message(said("Hello")), call] }) },
  );
  const answer = answerOf(chunks);
  assert.deepEqual([answer.text, answer.toolCalls[0]?.argumentsJson], ["Hello", '{"zone":"UTC"}']);
  assert.deepEqual(answer.reasoning, [{ text: "a\n\nb", signature: "S", redacted: false, id: "rs_1" }]);
  assert.equal(answer.toolCalls.length, 1);
  assert.deepEqual([stream.finished, stream.ended, stream.usage?.outputTokens], [true, true, 7n]);
});

test("items that were only announced at their end, or only in the last event, are read there", () => {
  const late = streamed(
    { type: "response.output_item.done", output_index: 0, item: message(said("one")) },
    { type: "response.output_item.done", output_index: 1, item: call },
    { type: "response.completed", response: response({}) },
  );
  assert.deepEqual(answerOf(late.chunks).toolCalls[0]?.argumentsJson, '{"zone":"UTC"}');
  const last = streamed({ type: "response.completed", response: response({ output: [message(said("two"))] }) });
  assert.equal(answerOf(last.chunks).text, "two");
});

test("errors inside a stream are errors, and what is no JSON cannot be read", () => {
  const named = streamed({ type: "error", error: { code: "rate_limit_exceeded", message: "slow down" } });
  assert.equal(named.stream.error?.code, "upstream_rate_limited");
  const flat = streamed({ type: "error", code: "server_error", message: "sorry" });
  assert.equal(flat.stream.error?.details.provider, "openai");
  const failed = streamed({ type: "response.failed", response: response({ status: "failed", error: { code: "x" } }) });
  assert.equal(failed.stream.finished, false);
  assert.throws(() => reader.openStream().step("", "{", []), { code: "upstream_bad_response" });
  assert.throws(() => reader.mapResponse('{"id":"resp_1"}'), { code: "upstream_bad_response" });
});

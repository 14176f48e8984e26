import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import { ChatChunk, Dialect, FinishReason } from "@sluice/proto/chat/v1/chat";
import { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import { readCarried } from "../../answer/carried.ts";
import { EventPrinter } from "./event-printer.ts";
import { printMessage } from "./response.ts";

type Json = Record<string, unknown>;
type Given = Parameters<typeof ChatChunk.fromPartial>[0];

const { DIALECT_ANTHROPIC_MESSAGES: OWN, DIALECT_GEMINI: FOREIGN } = Dialect;
const head = { ...RouteHead.create(), provider: "gemini", model: "g" };
const summary = RouteSummary.fromPartial({
  usage: { inputTokens: 7n, cachedInputTokens: 2n, cacheWrite1hTokens: 4n, outputTokens: 3n, reasoningTokens: 1n },
  costNanousd: 1_500_000n,
  verdict: "pass",
});
const begin = (dialect: Dialect): Given => ({ event: { $case: "start", value: { id: "a1", model: "g-1", dialect } } });
const text = (value: string): Given => ({ event: { $case: "text", value } });
const think = (value: object): Given => ({ event: { $case: "reasoning", value } });
const call = (value: object): Given => ({ event: { $case: "toolCall", value } });
const wire = (thing: object): Given => ({
  event: { $case: "wire", value: { dialect: OWN, json: JSON.stringify(thing) } },
});
const end = (reason: FinishReason, rawReason: string, more: object = {}): Given => ({
  event: { $case: "finish", value: { reason, rawReason, ...more } },
});

const fieldsOf = (value: unknown): Json => (typeof value === "object" && value !== null ? { ...value } : {});

function whole(...given: Given[]): Json {
  const chunks = given.map((chunk) => ChatChunk.fromPartial(chunk));
  const answer = accumulate();
  for (const chunk of chunks) answer.push(chunk);
  return JSON.parse(printMessage({ requestId: "r", receivedAtS: 0, head, chunks, answer, summary })) as Json;
}

function streamed(...given: Given[]): Json[] {
  const printer = new EventPrinter({ requestId: "r", receivedAtS: 0, head });
  let all = "";
  for (const chunk of given) all += printer.print([ChatChunk.fromPartial(chunk)]);
  all += printer.finish(summary);
  const events = all.split("\n\n").filter((event) => event !== "");
  for (const event of events) assert.match(event, /^event: (\w+)\ndata: \{"type":"\1"/);
  return events.map((event) => JSON.parse(event.slice(event.indexOf("data: ") + 6)) as Json);
}

test("an answer of another dialect's provider in this dialect's words", () => {
  const printed = whole(begin(FOREIGN), text("Hello"), text(" there"), end(FinishReason.FINISH_REASON_STOP, "STOP"));
  assert.deepEqual(printed, {
    id: "msg_r",
    type: "message",
    role: "assistant",
    model: "g-1",
    content: [{ type: "text", text: "Hello there" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: 7,
      cache_creation_input_tokens: 4,
      cache_read_input_tokens: 2,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 4 },
      output_tokens: 3,
      output_tokens_details: { thinking_tokens: 1 },
      server_tool_use: null,
    },
  });
});

test("a stream has the events a client waits for, in their order", () => {
  const events = streamed(begin(FOREIGN), text("a"), text("b"), end(FinishReason.FINISH_REASON_LENGTH, "MAX_TOKENS"));
  assert.deepEqual(
    events.map(({ type }) => type),
    [
      "message_start",
      "ping",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ],
  );
  assert.deepEqual(events[3], { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } });
  assert.deepEqual(events[6]?.["delta"], { stop_reason: "max_tokens", stop_sequence: null });
  assert.equal(fieldsOf(events[6]?.["usage"])["input_tokens"], 7);
  assert.equal(fieldsOf(events[6]?.["x_sluice"])["cost_usd"], "0.0015");
});

test("calls that are written in turns are blocks that follow each other", () => {
  const given = [
    begin(FOREIGN),
    call({ call: 0, id: "a", name: "f", argumentsJson: '{"x":' }),
    call({ call: 1, id: "b", name: "g", argumentsJson: '{"y":' }),
    call({ call: 2, id: "c", name: "h", argumentsJson: '{"z":' }),
    call({ call: 0, argumentsJson: "1}" }),
    call({ call: 2, argumentsJson: "3}" }),
    call({ call: 1, argumentsJson: "2}" }),
    end(FinishReason.FINISH_REASON_TOOL_CALLS, "tool_calls"),
  ];
  const content = whole(...given)["content"] as Json[];
  assert.deepEqual(
    content.map(({ name, input }) => [name, input]),
    [
      ["f", { x: 1 }],
      ["g", { y: 2 }],
      ["h", { z: 3 }],
    ],
  );
  const inputs: string[] = [];
  let open = -1;
  for (const event of streamed(...given)) {
    const index = Number(event["index"]);
    if (event["type"] === "content_block_start") open = index;
    if (event["type"] === "content_block_stop") open = -1;
    if (event["type"] !== "content_block_delta") continue;
    assert.equal(index, open, "a delta belongs to the block that is open");
    inputs[index] = `${inputs[index] ?? ""}${fieldsOf(event["delta"])["partial_json"]}`;
  }
  assert.deepEqual(inputs, ['{"x":1}', '{"y":2}', '{"z":3}']);
});

test("signatures of another dialect's provider go out with their maker, on thinking and beside calls", () => {
  const chunks: Given[] = [
    begin(FOREIGN),
    think({ text: "hm", block: 0 }),
    think({ signature: "s1", block: 0 }),
    call({ call: 0, id: "c1", name: "t", argumentsJson: '{"a":1}', signature: "s2" }),
    call({ call: 1, id: "c2", name: "u", argumentsJson: "{}" }),
    end(FinishReason.FINISH_REASON_TOOL_CALLS, "STOP"),
  ];
  const printed = whole(...chunks);
  const content = printed["content"] as Json[];
  assert.equal(printed["stop_reason"], "tool_use");
  assert.deepEqual(
    content.map(({ type }) => type),
    ["thinking", "redacted_thinking", "tool_use", "tool_use"],
  );
  const thinking = { of: "thinking", provider: "gemini", id: "", signature: "s1", redacted: false };
  assert.deepEqual(readCarried(String(content[0]?.["signature"])), thinking);
  const beside = { of: "call", provider: "gemini", id: "c1", signature: "s2", redacted: true };
  assert.deepEqual(readCarried(String(content[1]?.["data"])), beside);
  assert.deepEqual(content[2], { type: "tool_use", id: "c1", name: "t", input: { a: 1 } });
  const deltas = streamed(...chunks).filter(({ type }) => type === "content_block_delta");
  assert.deepEqual(
    deltas.map(({ index, delta }) => [index, (delta as Json)["type"]]),
    [
      [0, "thinking_delta"],
      [0, "signature_delta"],
      [2, "input_json_delta"],
      [3, "input_json_delta"],
    ],
  );
});

test("a provider of this dialect is passed on as it is: signatures, blocks of any kind, their fields and bounds", () => {
  const search = { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "x" } };
  const chunks: Given[] = [
    begin(OWN),
    wire({ usage: { input_tokens: 5, output_tokens: 1 } }),
    think({ text: "hm", block: 0 }),
    think({ signature: "s1", block: 0 }),
    think({ signature: "opaque", redacted: true, block: 1 }),
    text("a"),
    wire({ block: search }),
    text("b"),
    wire({ block: { type: "text" } }),
    { event: { $case: "annotationsJson", value: '[{"type":"char_location"}]' } },
    text("c"),
    wire({ block: { type: "tool_use", caller: { type: "direct" } } }),
    call({ call: 0, id: "c1", name: "t", argumentsJson: "{}" }),
    wire({ delta: { container: { id: "k" } } }),
    end(FinishReason.FINISH_REASON_STOP, "pause_turn"),
  ];
  const printed = whole(...chunks);
  assert.deepEqual(printed["content"], [
    { type: "thinking", thinking: "hm", signature: "s1" },
    { type: "redacted_thinking", data: "opaque" },
    { type: "text", text: "a" },
    search,
    { type: "text", text: "b" },
    { type: "text", text: "c", citations: [{ type: "char_location" }] },
    { type: "tool_use", id: "c1", name: "t", input: {}, caller: { type: "direct" } },
  ]);
  assert.equal(printed["stop_reason"], "pause_turn");
  const events = streamed(...chunks);
  assert.deepEqual(fieldsOf(events[0]?.["message"])["usage"], { input_tokens: 5, output_tokens: 1 });
  const delta = events.find(({ type }) => type === "message_delta");
  assert.deepEqual(fieldsOf(delta?.["delta"])["container"], { id: "k" });
});

test("an answer without content, refusals, stop strings and input that is no JSON", () => {
  assert.deepEqual(whole(begin(FOREIGN), end(FinishReason.FINISH_REASON_STOP, ""))["content"], []);
  const declined: Given = { event: { $case: "refusal", value: "No." } };
  const refused = whole(begin(FOREIGN), declined, end(FinishReason.FINISH_REASON_STOP, "stop"));
  assert.equal(refused["stop_reason"], "refusal");
  const stopped = whole(text("a"), end(FinishReason.FINISH_REASON_STOP, "stop", { stopSequence: "###" }));
  assert.deepEqual([stopped["stop_reason"], stopped["stop_sequence"]], ["stop_sequence", "###"]);
  const broken = whole(call({ call: 0, id: "c", name: "t", argumentsJson: "{" }));
  assert.deepEqual((broken["content"] as Json[])[0]?.["input"], { INVALID_JSON: "{" });
});

test("pictures and addresses of other dialects' providers keep their meaning", () => {
  const images = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];
  const cited = [
    { type: "url_citation", url_citation: { url: "https://x", title: "X", start_index: 0, end_index: 1 } },
  ];
  const quoted = {
    type: "web_search_result_location",
    cited_text: "",
    encrypted_index: "",
    title: "X",
    url: "https://x",
  };
  const printed = whole(
    begin(FOREIGN),
    text("a"),
    { event: { $case: "annotationsJson", value: JSON.stringify(cited) } },
    { extraJson: JSON.stringify({ images }) },
  );
  const [words, picture] = printed["content"] as Json[];
  assert.deepEqual(words?.["citations"], [quoted]);
  assert.deepEqual(picture, { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChatChunk, FinishReason } from "@sluice/proto/chat/v1/chat";
import { gemini } from "./index.ts";

const provider = gemini({ baseUrl: undefined, abandon: undefined });

function read(events: readonly (object | string)[], name = "") {
  const reader = provider.openStream();
  const chunks: ChatChunk[] = [];
  for (const event of events) reader.step(name, typeof event === "string" ? event : JSON.stringify(event), chunks);
  reader.end(chunks);
  const all = chunks.map(({ choice, event, extraJson }) => [choice, event?.$case ?? extraJson, event?.value] as const);
  return { reader, chunks, events: all.slice(1) };
}

const USAGE = { promptTokenCount: 5, candidatesTokenCount: 3, totalTokenCount: 8 };
const says = (parts: object[], fields: object = {}, top: object = {}) => ({
  candidates: [{ content: { role: "model", parts }, ...fields }],
  responseId: "r1",
  modelVersion: "gemini-x",
  ...top,
});
const ended = (parts: object[] = [], finishReason: string | number = "STOP") => says(parts, { finishReason });
const call = (functionCall: object, rest: object = {}) => ({ functionCall, ...rest });
const textOf = (chunks: readonly ChatChunk[]) =>
  chunks.map(({ event }) => (event?.$case === "text" ? event.value : "")).join("");
const finishOf = (chunks: readonly ChatChunk[]) =>
  chunks.flatMap(({ event }) => (event?.$case === "finish" ? [[event.value.reason, event.value.rawReason]] : []));

test("thoughts, text and their signatures have blocks of their own", () => {
  const { events } = read([
    says([{ text: "hm", thought: true }]),
    says([{ text: " so", thought: true }]),
    says([{ text: "Hi" }]),
    says([{ text: "again", thought: true, thoughtSignature: "s1" }]),
    says([{ text: " you", thoughtSignature: "s2" }]),
    ended([{ text: "", thoughtSignature: "s3" }]),
  ]);
  const block = (number: number, text: string, signature = "") => [
    0,
    "reasoning",
    { text, signature, redacted: false, id: "", block: number },
  ];
  assert.deepEqual(events.slice(0, -1), [
    block(0, "hm"),
    block(0, " so"),
    [0, "text", "Hi"],
    block(1, "again", "s1"),
    [0, "text", " you"],
    block(2, "", "s2"),
    block(3, "", "s3"),
  ]);
});

test("function calls are whole, numbered, signed and get an id if they have none", () => {
  const { chunks, events } = read([
    says([call({ name: "f", args: { a: 1 } }, { thoughtSignature: "sig" }), call({ name: "g" })]),
    ended([call({ name: "h", args: {}, id: "own" })]),
  ]);
  const calls = events.flatMap(([, kind, value]) => (kind === "toolCall" ? [value] : []));
  const value = (number: number, id: string, name: string, argumentsJson: string, signature = "") => {
    return { call: number, id, name, argumentsJson, signature, type: "function" };
  };
  assert.deepEqual(calls, [
    value(0, "call_r1_0", "f", '{"a":1}', "sig"),
    value(1, "call_r1_1", "g", "{}"),
    value(2, "own", "h", "{}"),
  ]);
  assert.deepEqual(finishOf(chunks), [[FinishReason.FINISH_REASON_TOOL_CALLS, "STOP"]]);
  const unnamed = read([{ candidates: [{ content: { parts: [call({ name: "f" }), call({ name: "f" })] } }] }]).events;
  const ids = unnamed.map(([, , one]) => (one as { id: string }).id);
  assert.ok(ids[0] && ids[1] && ids[0] !== ids[1], "ids are made even without an id of the answer");
});

test("arguments in pieces are put together and sent when the call is whole", () => {
  const piece = (jsonPath: string, rest: object) => call({ partialArgs: [{ jsonPath, ...rest }], willContinue: true });
  const { chunks } = read([
    says([call({ name: "f", willContinue: true }, { thoughtSignature: "sig" })]),
    says([piece("$.places[0].name", { stringValue: "Os", willContinue: true })]),
    says([piece("$.places[0].name", { stringValue: "lo" })]),
    says([piece("$['a.b']", { numberValue: 2 })]),
    says([piece("$.__proto__", { boolValue: true })]),
    says([piece("$.none", { nullValue: "NULL_VALUE" })]),
    says([call({})]),
    ended([call({ name: "g", partialArgs: [{ jsonPath: "$.x", stringValue: "y" }] })]),
  ]);
  const found = chunks.flatMap(({ event }) => {
    if (event?.$case !== "toolCall") return [];
    return [[event.value.call, event.value.name, event.value.argumentsJson, event.value.signature]];
  });
  assert.deepEqual(found, [
    [0, "f", "", "sig"],
    [0, "", '{"places":[{"name":"Oslo"}],"a.b":2,"__proto__":true,"none":null}', ""],
    [1, "g", "", ""],
    [1, "", '{"x":"y"}', ""],
  ]);
});

test("an answer is finished when every candidate has a reason, and the reason goes out once, at the end", () => {
  const stop = (text: string) => says([{ text }], { finishReason: "STOP" });
  const repeated = read([stop("a"), stop("b"), stop("c")]);
  assert.equal(textOf(repeated.chunks), "abc");
  assert.deepEqual(finishOf(repeated.chunks), [[FinishReason.FINISH_REASON_STOP, "STOP"]]);
  assert.equal(repeated.chunks.at(-1)?.event?.$case, "finish");
  const cut = read([says([{ text: "a" }])]);
  assert.deepEqual([cut.reader.finished, finishOf(cut.chunks)], [false, []]);
  const two = {
    candidates: [
      { index: 0, finishReason: "STOP" },
      { index: 1, content: { parts: [{ text: "x" }] } },
    ],
  };
  assert.equal(read([two]).reader.finished, false);
});

test("reasons come as words, as numbers and as words nobody knows", () => {
  const reason = (raw: string | number) => finishOf(read([ended([{ text: "x" }], raw)]).chunks)[0];
  assert.deepEqual(reason("MAX_TOKENS"), [FinishReason.FINISH_REASON_LENGTH, "MAX_TOKENS"]);
  assert.deepEqual(reason(2), [FinishReason.FINISH_REASON_LENGTH, "2"]);
  assert.deepEqual(reason("SPII"), [FinishReason.FINISH_REASON_CONTENT_FILTER, "SPII"]);
  assert.deepEqual(reason("MALFORMED_FUNCTION_CALL"), [FinishReason.FINISH_REASON_ERROR, "MALFORMED_FUNCTION_CALL"]);
  assert.deepEqual(reason("constructor"), [FinishReason.FINISH_REASON_OTHER, "constructor"]);
  assert.equal(reason("FINISH_REASON_UNSPECIFIED"), undefined);
});

test("a blocked prompt is a filtered answer", () => {
  const { reader, chunks } = read([
    { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 4 } },
  ]);
  assert.deepEqual(finishOf(chunks), [[FinishReason.FINISH_REASON_CONTENT_FILTER, "SAFETY"]]);
  assert.deepEqual([reader.finished, reader.error], [true, undefined]);
  assert.match(chunks[0]?.event?.$case === "start" ? chunks[0].event.value.extraJson : "", /promptFeedback/);
});

test("alike events are read without parsing, and mean the same", () => {
  const event = (text: string, candidates: number, more: object = {}) =>
    JSON.stringify({
      candidates: [{ content: { parts: [{ text }], role: "model" }, index: 0 }],
      usageMetadata: {
        promptTokenCount: 5,
        candidatesTokenCount: candidates,
        totalTokenCount: 5 + candidates,
        ...more,
      },
      responseId: "r1",
    });
  const texts = ["one", ' "two" \\ \u2028', "thr\u00e9e\n", "{}", '"}],"role":"model"},"index":0}]', "end"];
  const { reader, chunks } = read(texts.map((text, at) => event(text, at + 9)));
  assert.equal(textOf(chunks), texts.join(""));
  assert.equal(reader.usage?.outputTokens, 14n);
  const grown = read([event("a", 1), event("b", 2), event("c", 3, { thoughtsTokenCount: 7 }), event("d", 4)]);
  assert.equal(textOf(grown.chunks), "abcd");
  assert.equal(grown.reader.usage?.outputTokens, 4n, "the last counts");
  const odd = read([event("a", 1), event("b", 2).replace('"index":0', '"index":1')]);
  assert.deepEqual([odd.events[0]?.[0], odd.events[1]?.[0]], [0, 1]);
});

test("whatever has no place of its own is kept beside", () => {
  const { chunks, events } = read([
    says([{ executableCode: { code: "1+1" } }, { inlineData: { mimeType: "image/png", data: "AQ==" } }]),
    says([{ inlineData: { mimeType: "audio/L16;rate=24000", data: "AgM=" } }]),
    says([{ text: "Grüße aus Oslo" }], {
      finishReason: "STOP",
      groundingMetadata: {
        groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }],
        groundingSupports: [{ segment: { startIndex: 12, endIndex: 16, text: "Oslo" }, groundingChunkIndices: [0] }],
      },
      logprobsResult: {
        chosenCandidates: [{ token: "é", logProbability: -0.5 }],
        topCandidates: [{ candidates: [{ token: "e", logProbability: -1 }] }],
      },
    }),
  ]);
  const extra =
    '{"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AQ=="}}],"content_parts":[{"executableCode":{"code":"1+1"}}]}';
  assert.deepEqual(events[2], [0, extra, undefined]);
  // Those who know the dialect are told where each part stood.
  const parts = events.slice(0, 2).map(([, , value]) => JSON.parse((value as { json: string }).json) as object);
  assert.deepEqual(parts, [
    { part: { executableCode: { code: "1+1" } } },
    { part: { inlineData: { mimeType: "image/png", data: "AQ==" } } },
  ]);
  const audio = chunks.flatMap(({ event }) => (event?.$case === "audio" ? [event.value.data] : []));
  assert.deepEqual(audio, [Buffer.from([2, 3])]);
  const found = Object.fromEntries(events.map(([, kind, value]) => [kind, value]));
  const citation = { url: "https://a.example", title: "A", start_index: 10, end_index: 14 };
  assert.deepEqual(JSON.parse(String(found["annotationsJson"])), [{ type: "url_citation", url_citation: citation }]);
  const token = { token: "é", logprob: -0.5, bytes: [195, 169] };
  const top = [{ token: "e", logprob: -1, bytes: [101] }];
  assert.deepEqual(JSON.parse(String(found["logprobsJson"])), { content: [{ ...token, top_logprobs: top }] });
  assert.match(chunks.at(-1)?.extraJson ?? "", /grounding_metadata/);
});

test("an error inside the stream ends the reading; what is no answer is refused", () => {
  const error = { error: { code: 503, status: "UNAVAILABLE", message: "later" } };
  const late = read([says([{ text: "a" }], { finishReason: "STOP" }, { usageMetadata: USAGE }), error]);
  assert.deepEqual([late.reader.error?.code, finishOf(late.chunks)], ["upstream_overloaded", []]);
  assert.equal(read([[error]]).reader.error?.code, "upstream_overloaded");
  for (const odd of ["{", "3", '{"this":[]}']) assert.throws(() => read([odd]), { code: "upstream_bad_response" }, odd);
  const joined = read([`${JSON.stringify(says([{ text: "a" }]))}\n${JSON.stringify(ended([{ text: "b" }]))}`]);
  assert.deepEqual([textOf(joined.chunks), joined.reader.finished], ["ab", true]);
  assert.equal(read([ended([{ text: "a" }]), "[DONE]"]).reader.ended, true);
});

test("a plain answer is whole without a reason; a list of events is a stream", () => {
  const plain = provider.mapResponse(JSON.stringify(says([{ text: "a" }])));
  assert.deepEqual([plain.finished, finishOf(plain.chunks)], [true, [[FinishReason.FINISH_REASON_STOP, ""]]]);
  assert.equal(provider.mapResponse('{"candidates":[]}').finished, false);
  const list = provider.mapResponse(JSON.stringify([says([{ text: "a" }]), ended([{ text: "b" }])]));
  assert.deepEqual([textOf(list.chunks), list.finished], ["ab", true]);
  assert.equal(provider.mapResponse(JSON.stringify([says([{ text: "a" }])])).finished, false);
  for (const odd of ["<html>", "[]", "null", '"x"']) {
    assert.throws(() => provider.mapResponse(odd), { code: "upstream_bad_response" }, odd);
  }
});

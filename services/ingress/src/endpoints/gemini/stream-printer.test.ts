import assert from "node:assert/strict";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import { ChatChunk, Dialect, FinishReason } from "@sluice/proto/chat/v1/chat";
import { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import { readCarried } from "../../answer/carried.ts";
import { geminiPrinter } from "./stream-printer.ts";

type Json = Record<string, unknown>;
type Given = Parameters<typeof ChatChunk.fromPartial>[0];
interface Candidate {
  readonly content: { readonly parts?: Json[] };
  readonly finishReason?: string;
  readonly index: number;
  readonly [field: string]: unknown;
}

const { DIALECT_GEMINI: OWN, DIALECT_ANTHROPIC_MESSAGES: FOREIGN } = Dialect;
const head = { ...RouteHead.create(), provider: "anthropic", model: "c" };
const summary = RouteSummary.fromPartial({
  usage: { inputTokens: 7n, cachedInputTokens: 2n, cacheWrite5mTokens: 1n, outputTokens: 5n, reasoningTokens: 3n },
  verdict: "pass",
});
const begin = (dialect: Dialect, extraJson = ""): Given => ({
  event: { $case: "start", value: { id: "a1", model: "c-1", dialect, extraJson } },
});
const text = (value: string): Given => ({ event: { $case: "text", value } });
const think = (value: object): Given => ({ event: { $case: "reasoning", value } });
const call = (value: object): Given => ({ event: { $case: "toolCall", value } });
const wire = (thing: object): Given => ({
  event: { $case: "wire", value: { dialect: OWN, json: JSON.stringify(thing) } },
});
const end = (reason: FinishReason, rawReason = ""): Given => ({
  event: { $case: "finish", value: { reason, rawReason } },
});

function whole(...given: Given[]): Json & { readonly candidates?: Candidate[] } {
  const chunks = given.map((chunk) => ChatChunk.fromPartial(chunk));
  const answer = accumulate();
  for (const chunk of chunks) answer.push(chunk);
  const opening = { requestId: "r", receivedAtS: 0, head, chunks, answer, summary };
  return JSON.parse(String(geminiPrinter(true).whole(opening))) as Json;
}

function streamed(events: boolean, ...given: Given[]): string {
  const printer = geminiPrinter(events).open({ requestId: "r", receivedAtS: 0, head });
  let all = "";
  for (const chunk of given) all += printer.print([ChatChunk.fromPartial(chunk)]);
  return all + String(printer.finish(summary));
}

const parts = (answer: ReturnType<typeof whole>): Json[] => answer.candidates?.[0]?.content.parts ?? [];

test("an answer of another dialect's provider in this dialect's words", () => {
  const printed = whole(begin(FOREIGN), text("Hello"), text(" there"), end(FinishReason.FINISH_REASON_LENGTH, "x"));
  assert.deepEqual(printed, {
    candidates: [
      { content: { parts: [{ text: "Hello there" }], role: "model" }, finishReason: "MAX_TOKENS", index: 0 },
    ],
    usageMetadata: {
      promptTokenCount: 10,
      cachedContentTokenCount: 2,
      candidatesTokenCount: 2,
      thoughtsTokenCount: 3,
      totalTokenCount: 15,
    },
    modelVersion: "c-1",
    responseId: "a1",
  });
});

test("streams are events that end with the reason, the counts and Sluice's facts, or one list", () => {
  const chunks = [begin(FOREIGN), text("a"), text("b"), end(FinishReason.FINISH_REASON_STOP)];
  const events = streamed(true, ...chunks).split("\r\n\r\n");
  assert.equal(events.pop(), "");
  const answers = events.map((event) => {
    assert.ok(event.startsWith("data: {"));
    return JSON.parse(event.slice(6)) as Json & { readonly candidates: Candidate[] };
  });
  assert.deepEqual(
    answers.map(({ candidates }) => candidates[0]?.content.parts?.[0]?.["text"]),
    ["a", "b", undefined],
  );
  assert.equal(answers[2]?.candidates[0]?.finishReason, "STOP");
  assert.ok(answers[2]?.["usageMetadata"]);
  assert.ok(answers[2]?.["x_sluice"]);
  assert.deepEqual(JSON.parse(streamed(false, ...chunks)), answers);
});

test("calls that are written in turns stay apart, in their order", () => {
  const given = [
    begin(FOREIGN),
    call({ call: 0, id: "a", name: "f", argumentsJson: '{"x":' }),
    call({ call: 1, id: "b", name: "g", argumentsJson: '{"y":' }),
    call({ call: 0, argumentsJson: "1}" }),
    call({ call: 1, argumentsJson: "2}" }),
    end(FinishReason.FINISH_REASON_TOOL_CALLS),
  ];
  const calls = [
    { id: "a", name: "f", args: { x: 1 } },
    { id: "b", name: "g", args: { y: 2 } },
  ];
  assert.deepEqual(
    parts(whole(...given)),
    calls.map((functionCall) => ({ functionCall })),
  );
  const pieces = JSON.parse(streamed(false, ...given)) as ReturnType<typeof whole>[];
  assert.deepEqual(
    pieces.flatMap(parts).map(({ functionCall }) => functionCall),
    calls,
  );
});

test("a failure within a stream closes what was opened", () => {
  const error = { error: { code: 500 } };
  const failure = { body: error, status: 500 };
  const list = geminiPrinter(false).open({ requestId: "r", receivedAtS: 0, head });
  const before = list.print([ChatChunk.fromPartial(text("a"))]);
  assert.deepEqual((JSON.parse(before + list.fail(failure)) as unknown[])[1], error);
  assert.deepEqual(JSON.parse(geminiPrinter(false).fail(failure)), [error]);
  assert.equal(geminiPrinter(true).fail(failure), `data: ${JSON.stringify(error)}\r\n\r\n`);
});

test("signatures of another dialect's provider go out with their maker", () => {
  const printed = parts(
    whole(
      begin(FOREIGN),
      think({ text: "hm", block: 0 }),
      think({ signature: "s1", block: 0 }),
      think({ signature: "opaque", redacted: true, block: 1 }),
      call({ call: 0, id: "c1", name: "f", argumentsJson: '{"a"' }),
      call({ call: 0, argumentsJson: ":1}" }),
      call({ call: 1, id: "c2", name: "g", argumentsJson: "{" }),
      end(FinishReason.FINISH_REASON_TOOL_CALLS),
    ),
  );
  const sealed = printed.slice(0, 2).map(({ thoughtSignature }) => readCarried(String(thoughtSignature)));
  assert.deepEqual(
    sealed.map((seal) => [seal?.provider, seal?.signature, seal?.redacted]),
    [
      ["anthropic", "s1", false],
      ["anthropic", "opaque", true],
    ],
  );
  assert.deepEqual(printed.slice(2), [
    { functionCall: { id: "c1", name: "f", args: { a: 1 } } },
    { functionCall: { id: "c2", name: "g", args: { INVALID_JSON: "{" } } },
  ]);
});

test("a provider of this dialect is passed on as it is: signatures, parts of any kind, what came beside", () => {
  const code = { executableCode: { code: "1" } };
  const picture = { inlineData: { mimeType: "image/png", data: "AAAA" }, thoughtSignature: "s3" };
  const printed = whole(
    begin(OWN, '{"automatic":1}'),
    think({ text: "hm", block: 0 }),
    text("a"),
    think({ signature: "s1", block: 1 }),
    wire({ part: code }),
    call({ call: 0, id: "c1", name: "f", argumentsJson: "{}", signature: "s2" }),
    wire({ part: picture }),
    think({ signature: "s3", block: 2 }),
    wire({ candidate: { safetyRatings: [1], avgLogprobs: -1 } }),
    wire({ logprobs: { chosenCandidates: [1] } }),
    wire({ logprobs: { chosenCandidates: [2] } }),
    end(FinishReason.FINISH_REASON_STOP, "STOP"),
  );
  assert.deepEqual(parts(printed), [
    { text: "hm", thought: true },
    { text: "a", thoughtSignature: "s1" },
    code,
    { functionCall: { id: "c1", name: "f", args: {} }, thoughtSignature: "s2" },
    picture,
  ]);
  const candidate = printed.candidates?.[0];
  assert.deepEqual([candidate?.["safetyRatings"], candidate?.["avgLogprobs"], printed["automatic"]], [[1], -1, 1]);
  assert.deepEqual(candidate?.["logprobsResult"], { chosenCandidates: [1, 2] });
});

test("a blocked prompt has no candidates; a filtered answer says so", () => {
  const blocked = whole(
    begin(OWN, '{"promptFeedback":{"blockReason":"SAFETY"}}'),
    end(FinishReason.FINISH_REASON_CONTENT_FILTER, "SAFETY"),
  );
  assert.equal(blocked.candidates, undefined);
  assert.deepEqual(blocked["promptFeedback"], { blockReason: "SAFETY" });
  const filtered = whole(begin(FOREIGN), text("a"), end(FinishReason.FINISH_REASON_CONTENT_FILTER, "refusal"));
  assert.equal(filtered.candidates?.[0]?.finishReason, "SAFETY");
});

test("addresses, pictures and log probabilities of other dialects' providers keep their meaning", () => {
  const cited = [
    { type: "url_citation", url_citation: { url: "https://x", title: "X", start_index: 2, end_index: 4 } },
  ];
  const logprobs = { content: [{ token: "a", logprob: -1, top_logprobs: [{ token: "b", logprob: -2 }] }] };
  const images = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];
  const printed = whole(
    begin(FOREIGN),
    text("é abc"),
    { event: { $case: "annotationsJson", value: JSON.stringify(cited) } },
    { event: { $case: "logprobsJson", value: JSON.stringify(logprobs) } },
    { extraJson: JSON.stringify({ images }) },
    end(FinishReason.FINISH_REASON_STOP),
  );
  const candidate = printed.candidates?.[0];
  assert.deepEqual(candidate?.["groundingMetadata"], {
    groundingChunks: [{ web: { uri: "https://x", title: "X" } }],
    groundingSupports: [{ segment: { startIndex: 3, endIndex: 5, text: "ab" }, groundingChunkIndices: [0] }],
  });
  assert.deepEqual(candidate?.["logprobsResult"], {
    chosenCandidates: [{ token: "a", logProbability: -1 }],
    topCandidates: [{ candidates: [{ token: "b", logProbability: -2 }] }],
  });
  assert.deepEqual(parts(printed)[1], { inlineData: { mimeType: "image/png", data: "AAAA" } });
});

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { AnswerFeed } from "../../attempt/answer-feed.ts";
import type { AnswerState } from "../../provider.ts";
import { bedrock } from "./index.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../../../../shared/fixtures/bedrock");
const provider = bedrock({ baseUrl: undefined, abandon: undefined });

interface Recorded {
  readonly api: string;
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
    readonly eventstream_base64?: string;
  };
}

function recordings(): (Recorded & { readonly name: string })[] {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  return names
    .map((name) => ({ name, ...(JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Recorded) }))
    .filter(({ api }) => api === "converse");
}

function feed(frames: Uint8Array, pieceBytes: number): { chunks: ChatChunk[]; state: AnswerState } {
  const reader = provider.openStream();
  const cutter = new AnswerFeed(reader, 1_000_000, provider.framing);
  const chunks: ChatChunk[] = [];
  let over = false;
  for (let at = 0; at < frames.length && !over; at += pieceBytes)
    over = cutter.push(frames.subarray(at, at + pieceBytes), chunks);
  if (!over) cutter.push(undefined, chunks);
  return { chunks, state: reader };
}

/** What the figures of the wire say, as the ledger would have to add them up. */
function checkUsage(state: AnswerState): void {
  const { usage } = state;
  assert.ok(usage);
  const wire = JSON.parse(usage.rawJson) as Record<string, number>;
  const prompt = [usage.inputTokens, usage.cachedInputTokens, usage.cacheWrite5mTokens, usage.cacheWrite1hTokens];
  const sum = prompt.reduce((whole: bigint, one) => whole + (one ?? 0n), usage.outputTokens ?? 0n);
  assert.equal(sum, BigInt(wire["totalTokens"] ?? -1), "the classes make up the provider's own total");
}

test("recorded streams fed one byte at a time say what they say at once, and their figures add up", (context) => {
  const streams = recordings().flatMap(({ name, response }) =>
    response.eventstream_base64 === undefined
      ? []
      : [{ name, frames: Buffer.from(response.eventstream_base64, "base64") }],
  );
  for (const { name, frames } of streams) {
    const whole = feed(frames, frames.length);
    assert.deepEqual(feed(frames, 1).chunks, whole.chunks, name);
    assert.deepEqual(
      [whole.state.finished, whole.state.ended, whole.state.error, whole.state.problems],
      [true, true, undefined, []],
      name,
    );
    checkUsage(whole.state);
    const answer = accumulate();
    for (const chunk of whole.chunks) answer.push(chunk);
    const [only] = answer.answers();
    assert.ok(only !== undefined && (only.text !== "" || only.toolCalls.length > 0 || only.reasoning.length > 0), name);
    for (const call of only.toolCalls) JSON.parse(call.argumentsJson);
  }
  context.diagnostic(
    streams.length === 0 ? `No recordings at ${FOLDER}: nothing was replayed.` : `${streams.length} streams`,
  );
});

test("recorded plain answers end and add up; refusals have a code of their own", () => {
  for (const { name, response } of recordings()) {
    const { status, headers, body } = response;
    if (body === undefined) continue;
    const text = JSON.stringify(body);
    if (status !== 200) {
      assert.match(provider.mapError({ status, headers, body: text }).code, /^upstream_/, name);
      continue;
    }
    const answer = provider.mapResponse(text);
    assert.deepEqual([answer.finished, answer.error, answer.problems], [true, undefined, []], name);
    checkUsage(answer);
  }
});

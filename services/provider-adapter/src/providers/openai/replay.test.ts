import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { createSseReader } from "../../http/sse.ts";
import type { AnswerState, Provider } from "../../provider.ts";
import { openai } from "./index.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../../../../shared/fixtures/openai");

interface Recorded {
  readonly api: string;
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
    readonly sse?: string;
  };
}

interface WireToolCall {
  readonly index?: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments?: string };
}

interface WireMessage {
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly WireToolCall[];
}

interface WireBody {
  readonly choices: readonly {
    readonly index: number;
    readonly message?: WireMessage;
    readonly delta?: WireMessage;
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

interface Expected {
  text: string;
  refusal: string;
  finish: string;
  calls: { id: string; name: string; arguments: string }[];
}

const provider: Provider = openai({ baseUrl: undefined, abandon: undefined });

function recordings(): { name: string; exchange: Recorded }[] {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : [];
  return names
    .map((name) => ({ name, exchange: JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Recorded }))
    .filter(({ exchange }) => exchange.api === "chat");
}

function feed(sse: string, pieceBytes: number): { chunks: ChatChunk[]; state: AnswerState } {
  const reader = provider.openStream();
  const events = createSseReader(1_000_000);
  const chunks: ChatChunk[] = [];
  const bytes = Buffer.from(sse);
  const step = (name: string, data: string) => reader.step(name, data, chunks);
  for (let at = 0; at < bytes.length; at += pieceBytes) events.push(bytes.subarray(at, at + pieceBytes), step);
  events.end(step);
  reader.end(chunks);
  return { chunks, state: reader };
}

/** What the recording says, put together independently of the code under test. */
function expectedOf(bodies: readonly WireBody[]): Map<number, Expected> {
  const all = new Map<number, Expected>();
  for (const choice of bodies.flatMap((body) => body.choices)) {
    const now = all.get(choice.index) ?? { text: "", refusal: "", finish: "", calls: [] };
    all.set(choice.index, now);
    const piece = choice.message ?? choice.delta ?? {};
    now.text += piece.content ?? "";
    now.refusal += piece.refusal ?? "";
    now.finish = choice.finish_reason ?? now.finish;
    for (const [position, call] of (piece.tool_calls ?? []).entries()) {
      const at = call.index ?? position;
      const known = now.calls[at] ?? { id: "", name: "", arguments: "" };
      known.id ||= call.id ?? "";
      known.name ||= call.function.name ?? "";
      known.arguments += call.function.arguments ?? "";
      now.calls[at] = known;
    }
  }
  return all;
}

function checkChunks(chunks: readonly ChatChunk[], bodies: readonly WireBody[]): void {
  const accumulator = accumulate();
  for (const chunk of chunks) accumulator.push(chunk);
  const answers = accumulator.answers();
  const expected = expectedOf(bodies);
  assert.equal(answers.length, expected.size);
  for (const answer of answers) {
    const calls = answer.toolCalls.map((call) => ({ id: call.id, name: call.name, arguments: call.argumentsJson }));
    const found = { text: answer.text, refusal: answer.refusal ?? "", finish: answer.finish?.rawReason ?? "", calls };
    assert.deepEqual(found, expected.get(answer.index));
  }
}

function checkUsage(usage: Usage | undefined, bodies: readonly WireBody[]): void {
  const wire = bodies.findLast((body) => body.usage)?.usage;
  if (wire === undefined || wire === null) {
    assert.equal(usage, undefined);
    return;
  }
  const sum = (...counts: (bigint | undefined)[]) => counts.reduce<bigint>((total, count) => total + (count ?? 0n), 0n);
  assert.ok(usage);
  const input = [usage.cachedInputTokens, usage.cacheWrite5mTokens, usage.cacheWrite1hTokens, usage.inputAudioTokens];
  assert.equal(sum(usage.inputTokens, ...input), BigInt(wire.prompt_tokens));
  assert.equal(sum(usage.outputTokens, usage.outputAudioTokens), BigInt(wire.completion_tokens));
}

function parseSse(sse: string): WireBody[] {
  const lines = sse.split("\n").filter((line) => line.startsWith("data: {"));
  return lines.map((line) => JSON.parse(line.slice(6)) as WireBody);
}

test("recorded answers keep text, tool calls, finish and usage, plain and streamed byte by byte", (context) => {
  const all = recordings().filter(({ exchange }) => exchange.response.status === 200);
  if (all.length === 0) context.diagnostic(`No recordings at ${FOLDER}: nothing was replayed.`);
  else context.diagnostic(`Replayed ${all.length} recorded answers.`);
  for (const { name, exchange } of all) {
    const { body, sse } = exchange.response;
    try {
      if (sse === undefined) {
        const answer = provider.mapResponse(JSON.stringify(body));
        checkChunks(answer.chunks, [body as WireBody]);
        checkUsage(answer.usage, [body as WireBody]);
        assert.deepEqual([answer.finished, answer.error, answer.problems], [true, undefined, []]);
        continue;
      }
      const bodies = parseSse(sse);
      for (const pieceBytes of [1, 7, 1_000_000]) {
        const { chunks, state } = feed(sse, pieceBytes);
        checkChunks(chunks, bodies);
        checkUsage(state.usage, bodies);
        assert.deepEqual([state.finished, state.error, state.problems], [true, undefined, []]);
      }
    } catch (cause) {
      throw new Error(`Recording ${name}`, { cause });
    }
  }
});

test("recorded errors get a code, keep their sentence and their wait", (context) => {
  const failures = recordings().filter(({ exchange }) => exchange.response.status >= 400);
  if (failures.length === 0) context.diagnostic(`No recordings at ${FOLDER}: nothing was replayed.`);
  for (const { name, exchange } of failures) {
    const { status, headers, body } = exchange.response;
    const error = provider.mapError({ status, headers, body: JSON.stringify(body) });
    const said = (body as { error: { message: string; code: string | null } }).error;
    assert.equal(error.message, said.message.trim(), name);
    assert.equal(error.details.upstreamStatus, status, name);
    assert.match(error.code, /^upstream_/, name);
    if (said.code === "insufficient_quota") assert.equal(error.code, "upstream_quota_exhausted", name);
    else if (status === 429) assert.equal(error.code, "upstream_rate_limited", name);
    if (said.code === "model_not_found") assert.equal(error.code, "upstream_model_not_found", name);
    if (status === 401) assert.equal(error.code, "upstream_unauthenticated", name);
  }
});

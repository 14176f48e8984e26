import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import { type ChatChunk, FinishReason } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { createSseReader } from "../../http/sse.ts";
import type { AnswerState, Provider } from "../../provider.ts";
import { gemini } from "./index.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const SHARED = resolve(import.meta.dirname, "../../../../../../shared/fixtures");
const FOLDERS = ["gemini", "vertex"];

interface Recorded {
  readonly api: string;
  readonly response: {
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body?: unknown;
    readonly sse?: string;
  };
}

interface Call {
  readonly name?: string;
  readonly args?: unknown;
  readonly partialArgs?: readonly { readonly jsonPath: string; readonly stringValue?: string }[];
}

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: Call;
}

interface Body {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly Part[] };
    readonly finishReason?: string | number;
  }[];
  readonly promptFeedback?: { readonly blockReason?: string; readonly blockReasonMessage?: string };
  readonly usageMetadata?: Readonly<Record<string, unknown>>;
}

const provider: Provider = gemini({ baseUrl: undefined, abandon: undefined });

function recordings(): { name: string; exchange: Recorded }[] {
  return FOLDERS.map((folder) => join(SHARED, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, exchange: JSON.parse(readFileSync(name, "utf8")) as Recorded }))
    .filter(({ exchange }) => exchange.api === "generate_content");
}

function feed(sse: string, pieceBytes: number): { chunks: ChatChunk[]; state: AnswerState } {
  const reader = provider.openStream();
  const events = createSseReader(8_000_000);
  const chunks: ChatChunk[] = [];
  const bytes = Buffer.from(sse);
  const step = (name: string, data: string) => reader.step(name, data, chunks);
  for (let at = 0; at < bytes.length; at += pieceBytes) events.push(bytes.subarray(at, at + pieceBytes), step);
  events.end(step);
  reader.end(chunks);
  return { chunks, state: reader };
}

/** The calls of an answer, put together independently of the code under test: pieces only ever fill strings at the top. */
function callsOf(parts: readonly Part[]): [string, unknown][] {
  const calls: [string, Record<string, unknown>][] = [];
  for (const { functionCall: call } of parts) {
    if (call === undefined) continue;
    if (call.name !== undefined) calls.push([call.name, { ...(call.args as object | undefined) }]);
    const args = calls.at(-1)?.[1] ?? {};
    for (const piece of call.partialArgs ?? []) {
      const key = piece.jsonPath.slice(2);
      args[key] = `${(args[key] as string | undefined) ?? ""}${piece.stringValue ?? ""}`;
    }
  }
  return calls;
}

const FILTERS = /SAFETY|RECITATION|BLOCKLIST|PROHIBITED|SPII/;

function reasonOf(raw: string | number | undefined, calls: number): FinishReason {
  if (raw === "STOP" || raw === 1 || raw === undefined) {
    return calls > 0 ? FinishReason.FINISH_REASON_TOOL_CALLS : FinishReason.FINISH_REASON_STOP;
  }
  if (raw === "MAX_TOKENS" || raw === 2) return FinishReason.FINISH_REASON_LENGTH;
  return FILTERS.test(String(raw)) ? FinishReason.FINISH_REASON_CONTENT_FILTER : FinishReason.FINISH_REASON_ERROR;
}

function checkChunks(chunks: readonly ChatChunk[], bodies: readonly Body[]): void {
  const accumulator = accumulate();
  for (const chunk of chunks) accumulator.push(chunk);
  const [answer, ...more] = accumulator.answers();
  assert.equal(more.length, 0);
  assert.ok(answer);
  const blocked = bodies.every((body) => (body.candidates ?? []).length === 0);
  if (blocked) {
    assert.equal(answer.finish?.reason, FinishReason.FINISH_REASON_CONTENT_FILTER);
    assert.equal(answer.finish.rawReason, bodies[0]?.promptFeedback?.blockReason ?? "BLOCK_REASON_UNSPECIFIED");
    return;
  }
  const parts = bodies.flatMap((body) => body.candidates?.[0]?.content?.parts ?? []);
  const join = (thought: boolean) =>
    parts.map((part) => ((part.thought ?? false) === thought ? (part.text ?? "") : "")).join("");
  assert.equal(answer.text, join(false));
  assert.equal(answer.reasoning.map(({ text }) => text).join(""), join(true));
  const calls = callsOf(parts);
  const found = answer.toolCalls.map((call) => [call.name, JSON.parse(call.argumentsJson)] as const);
  assert.deepEqual(found, calls);
  assert.equal(new Set(answer.toolCalls.map(({ id }) => id || "none")).size, calls.length, "every call has an id");
  const raw = bodies.map((body) => body.candidates?.[0]?.finishReason).findLast((reason) => reason !== undefined);
  assert.equal(answer.finish?.rawReason, raw === undefined ? "" : String(raw));
  assert.equal(answer.finish.reason, reasonOf(raw, calls.length));
  const signed = parts.filter((part) => part.functionCall !== undefined || part.text !== undefined);
  const signatures = signed.map((part) => part.thoughtSignature ?? "").filter((signature) => signature !== "");
  const kept = [...answer.reasoning, ...answer.toolCalls].map(({ signature }) => signature).filter((one) => one !== "");
  assert.deepEqual(kept.sort(), signatures.sort(), "every signature is kept as it came");
  assert.equal(chunks.filter(({ event }) => event?.$case === "finish").length, 1);
}

function checkUsage(usage: Usage | undefined, bodies: readonly Body[]): void {
  const wire = bodies.findLast((body) => body.usageMetadata?.["promptTokenCount"] !== undefined)?.usageMetadata;
  if (wire === undefined) {
    assert.equal(usage, undefined);
    return;
  }
  const count = (name: string) => BigInt((wire[name] as number | undefined) ?? 0);
  const sum = (...counts: (bigint | undefined)[]) => counts.reduce<bigint>((total, one) => total + (one ?? 0n), 0n);
  assert.ok(usage);
  const input = sum(usage.inputTokens, usage.cachedInputTokens, usage.inputAudioTokens);
  assert.equal(input, count("promptTokenCount") + count("toolUsePromptTokenCount"));
  assert.equal(usage.cachedInputTokens ?? 0n, count("cachedContentTokenCount"));
  const output = sum(usage.outputTokens, usage.outputAudioTokens);
  assert.equal(output, count("candidatesTokenCount") + count("thoughtsTokenCount"));
  assert.equal(usage.reasoningTokens ?? 0n, count("thoughtsTokenCount"));
}

function parseSse(sse: string): Body[] {
  const lines = sse.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  return lines.map((line) => JSON.parse(line.slice(5)) as Body);
}

test("recorded answers keep text, thoughts, calls, signatures, finish and usage, plain and streamed byte by byte", (context) => {
  const answers = recordings().filter(({ exchange, name }) => {
    return exchange.response.status === 200 && !name.includes("/malformed-body");
  });
  if (answers.length === 0) context.diagnostic(`No recordings at ${SHARED}: nothing was replayed.`);
  else context.diagnostic(`Replayed ${answers.length} recorded answers.`);
  for (const { name, exchange } of answers) {
    const { body, sse } = exchange.response;
    try {
      if (sse === undefined) {
        const answer = provider.mapResponse(JSON.stringify(body));
        const bodies = Array.isArray(body) ? (body as Body[]) : [body as Body];
        checkChunks(answer.chunks, bodies);
        checkUsage(answer.usage, bodies);
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

test("recorded bodies that are no answers are no answers here either", () => {
  for (const { name, exchange } of recordings().filter((one) => one.name.includes("/malformed-body"))) {
    const { body, sse } = exchange.response;
    if (sse !== undefined) assert.throws(() => feed(sse, 64), { code: "upstream_bad_response" }, name);
    else assert.equal(provider.mapResponse(JSON.stringify(body)).finished, false, name);
  }
});

const BY_STATUS: Readonly<Record<number, string>> = {
  400: "upstream_invalid_request",
  403: "upstream_forbidden",
  404: "upstream_model_not_found",
  429: "upstream_rate_limited",
  503: "upstream_overloaded",
};

/** The wording that decides before the status. */
const BY_WORDING: readonly (readonly [RegExp, string])[] = [
  [/API key not valid/, "upstream_unauthenticated"],
  [/User location/, "upstream_forbidden"],
  [/exceeded your current quota(?![\s\S]*retry in)/, "upstream_quota_exhausted"],
];

test("recorded errors get a code, keep their sentence and their wait", (context) => {
  const failures = recordings().filter(({ exchange }) => exchange.response.status >= 400);
  if (failures.length === 0) context.diagnostic(`No recordings at ${SHARED}: nothing was replayed.`);
  for (const { name, exchange } of failures) {
    const { status, headers, body } = exchange.response;
    const error = provider.mapError({ status, headers: headers ?? {}, body: JSON.stringify(body) });
    const wrapped = (Array.isArray(body) ? (body as unknown[])[0] : body) as { error: { message: string } };
    const said = wrapped.error.message;
    assert.equal(error.message, said.trim(), name);
    assert.equal(error.details.upstreamStatus, status, name);
    const wording = BY_WORDING.find(([pattern]) => pattern.test(said))?.[1];
    assert.equal(error.code, wording ?? BY_STATUS[status], name);
    const delay = /"retryDelay":"(\d+)s"/.exec(JSON.stringify(body))?.[1];
    assert.equal(error.details.retryAfterMs, delay === undefined ? undefined : Number(delay) * 1_000, name);
  }
});

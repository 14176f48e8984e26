import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { createSseReader } from "../http/sse.ts";
import type { AnswerState, Provider } from "../provider.ts";
import { openaiCompatible } from "./openai/compatible.ts";
import { eventsOf, type NaiveAnswer, readNaively } from "./openai/naive-answer.ts";
import { PROVIDERS } from "./registry.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../../../shared/fixtures");

/** Recordings kept under another name than the provider's. */
const RENAMED: Readonly<Record<string, string>> = { alibaba: "qwen" };

/** Folders of the wire's relatives without a provider of their own: the base must read them too. */
const RELATIVES = new Set(["gpustack", "bedrock", "gemini"]);

interface Recorded {
  readonly api: string;
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
    readonly sse?: string;
  };
}

interface Recording {
  readonly name: string;
  readonly provider: Provider;
  readonly response: Recorded["response"];
}

function providerOf(folder: string): Provider | undefined {
  if (RELATIVES.has(folder)) return openaiCompatible({ name: folder, baseUrl: undefined, models: [] });
  return PROVIDERS[RENAMED[folder] ?? folder]?.({ baseUrl: undefined, abandon: undefined });
}

function recordings(): Recording[] {
  const folders = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
  return folders.flatMap((folder) => {
    const provider = providerOf(folder);
    if (provider === undefined) return [];
    const names = readdirSync(join(FOLDER, folder)).filter((name) => name.endsWith(".json"));
    return names.flatMap((name) => {
      const exchange = JSON.parse(readFileSync(join(FOLDER, folder, name), "utf8")) as Recorded;
      return exchange.api === "chat" ? [{ name: `${folder}/${name}`, provider, response: exchange.response }] : [];
    });
  });
}

function feed(provider: Provider, sse: string, pieceBytes: number): { chunks: ChatChunk[]; state: AnswerState } {
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

function checkUsage(usage: Usage | undefined, naive: NaiveAnswer["usage"]): void {
  if (naive === undefined) {
    assert.equal(usage, undefined);
    return;
  }
  assert.ok(usage);
  const { inputTokens = 0n, cachedInputTokens = 0n, cacheWrite5mTokens = 0n, inputAudioTokens = 0n } = usage;
  const found = {
    prompt: Number(inputTokens + cachedInputTokens + cacheWrite5mTokens + inputAudioTokens),
    completion: Number((usage.outputTokens ?? 0n) + (usage.outputAudioTokens ?? 0n)),
    cached: Number(cachedInputTokens),
    reasoning: Number(usage.reasoningTokens ?? 0n),
  };
  const { odd: _odd, ...expected } = naive;
  assert.deepEqual(found, expected);
}

function checkAnswer(chunks: readonly ChatChunk[], state: AnswerState, naive: NaiveAnswer): void {
  checkUsage(state.usage, naive.usage);
  assert.equal(state.error !== undefined, naive.failed);
  if (naive.failed) return;
  const accumulator = accumulate();
  for (const chunk of chunks) accumulator.push(chunk);
  const found = accumulator.answers().map((answer) => ({
    index: answer.index,
    text: answer.text,
    reasoning: answer.reasoning.map(({ text }) => text).join(""),
    finish: answer.finish?.rawReason ?? "",
    calls: answer.toolCalls.map((call) => ({ id: call.id, name: call.name, arguments: call.argumentsJson })),
  }));
  const expected = [...naive.choices].map(([index, choice]) => ({ index, ...choice }));
  assert.deepEqual(found, expected);
  assert.deepEqual([state.finished, state.problems.length], [true, naive.usage?.odd === true ? 1 : 0]);
}

function checkRecording({ provider, response }: Recording): void {
  const { body, sse } = response;
  if (sse === undefined) {
    const answer = provider.mapResponse(JSON.stringify(body));
    checkAnswer(answer.chunks, answer, readNaively([body as Record<string, unknown>]));
    return;
  }
  const naive = readNaively(eventsOf(sse));
  for (const pieceBytes of [1, 11, 1_000_000]) {
    const { chunks, state } = feed(provider, sse, pieceBytes);
    checkAnswer(chunks, state, naive);
  }
}

test("recorded answers of the look-alikes say what a naive reading says, plain and streamed byte by byte", (context) => {
  const counts = new Map<string, number>();
  const failures: Error[] = [];
  for (const recording of recordings().filter(({ response }) => response.status < 300)) {
    counts.set(recording.provider.name, (counts.get(recording.provider.name) ?? 0) + 1);
    try {
      checkRecording(recording);
    } catch (cause) {
      failures.push(new Error(`Recording ${recording.name}`, { cause }));
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} recordings are misread.`);
  const list = [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
  context.diagnostic(list === "" ? `No recordings at ${FOLDER}: nothing was replayed.` : `Replayed: ${list}.`);
});

/** What a failure must be taken for: by words in its body where the status misleads, else by its status. */
const BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [/maximum context length|max context length|too long/, "upstream_context_too_long"],
  [/inappropriate content|usage guidelines|content management policy/, "upstream_content_blocked"],
  [/has been decommissioned/, "upstream_model_not_found"],
  [/insufficient_quota/, "upstream_quota_exhausted"],
];
const BY_STATUS: Readonly<Record<number, string>> = {
  400: "upstream_invalid_request",
  401: "upstream_unauthenticated",
  403: "upstream_forbidden",
  404: "upstream_model_not_found",
  429: "upstream_rate_limited",
};

test("recorded errors of the look-alikes are taken for what they are", (context) => {
  const failures = recordings().filter(({ response }) => response.status >= 400);
  for (const { name, provider, response } of failures) {
    const body = JSON.stringify(response.body);
    const error = provider.mapError({ status: response.status, headers: response.headers, body });
    const byWords = BY_WORDS.find(([pattern]) => pattern.test(body))?.[1];
    if (provider.name !== "openai") assert.equal(error.code, byWords ?? BY_STATUS[response.status], name);
    assert.equal(error.details.upstreamStatus, response.status, name);
    assert.doesNotMatch(error.message, /Provider returned error|no readable error|^\{/, name);
  }
  context.diagnostic(`Replayed ${failures.length} recorded errors.`);
});

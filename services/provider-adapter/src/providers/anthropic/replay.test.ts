import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import { type ChatChunk, FinishReason } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { createSseReader } from "../../http/sse.ts";
import type { AnswerState, Provider } from "../../provider.ts";
import { anthropic } from "./index.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../../../../shared/fixtures");

interface Recorded {
  readonly api: string;
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
    readonly sse?: string;
  };
}

interface WireBlock {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
}

type WireUsage = Readonly<Record<string, unknown>>;

interface WireMessage {
  readonly content: readonly WireBlock[];
  readonly stop_reason: string | null;
  readonly usage: WireUsage;
}

interface WireEvent {
  readonly type: string;
  readonly index: number;
  readonly message: WireMessage & { readonly id: string };
  readonly content_block: WireBlock;
  readonly delta: Readonly<Record<string, string>>;
  readonly usage?: WireUsage;
}

/** What a recording says, put together independently of the code under test. */
interface Expected {
  text: string;
  thinking: string[];
  calls: { id: string; name: string; arguments: unknown }[];
  finish: string;
  usage: WireUsage;
}

const provider: Provider = anthropic({ baseUrl: undefined, abandon: undefined });

function recordings(): { name: string; exchange: Recorded }[] {
  const folders = existsSync(FOLDER) ? readdirSync(FOLDER, { withFileTypes: true }) : [];
  return folders
    .filter((folder) => folder.isDirectory())
    .flatMap(({ name }) => readdirSync(join(FOLDER, name)).map((file) => join(name, file)))
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, exchange: JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Recorded }))
    .filter(({ exchange }) => exchange.api === "messages");
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

function expectedOf(blocks: readonly WireBlock[], finish: string, usage: WireUsage): Expected {
  const of = (type: string) => blocks.filter((block) => block.type === type);
  return {
    text: of("text")
      .map(({ text }) => text ?? "")
      .join(""),
    thinking: blocks
      .filter(({ type }) => type.endsWith("thinking"))
      .map(({ thinking, signature, data }) => `${thinking ?? ""}|${signature ?? data ?? ""}`),
    calls: of("tool_use").map(({ id, name, input }) => ({ id: id ?? "", name: name ?? "", arguments: input })),
    finish,
    usage,
  };
}

/** The first message of a stream; some recordings hold several one after the other. */
function expectedOfStream(sse: string): Expected | undefined {
  const lines = sse.split(/\r?\n/).filter((line) => line.startsWith("data: {"));
  const all = lines.map((line) => JSON.parse(line.slice(6)) as WireEvent);
  const events = all.slice(
    0,
    all.findIndex(({ type }) => type === "message_stop"),
  );
  const starts = events.filter(({ type }) => type === "message_start");
  if (starts.length !== 1) return undefined;
  const blocks: Record<string, unknown>[] = [];
  let finish = "";
  const usage: Record<string, unknown> = { ...starts[0]?.message.usage };
  for (const { type, index, content_block, delta, usage: restated } of events) {
    if (type === "content_block_start") blocks[index] = { ...content_block, json: "" };
    const block = blocks[index];
    if (type === "content_block_delta" && block !== undefined) {
      for (const field of ["text", "thinking", "signature"]) {
        if (delta[field] !== undefined) block[field] = `${block[field] ?? ""}${delta[field]}`;
      }
      block["json"] = `${block["json"]}${delta["partial_json"] ?? ""}`;
    }
    if (type === "message_delta") {
      finish = delta["stop_reason"] ?? finish;
      for (const [name, value] of Object.entries(restated ?? {})) if (value !== null) usage[name] = value;
    }
  }
  for (const block of blocks) if (block["json"] !== "") block["input"] = JSON.parse(String(block["json"]));
  return expectedOf(blocks as unknown as WireBlock[], finish, usage);
}

function checkChunks(chunks: readonly ChatChunk[], expected: Expected): void {
  const accumulator = accumulate();
  for (const chunk of chunks) accumulator.push(chunk);
  const [answer, ...others] = accumulator.answers();
  assert.ok(answer);
  assert.equal(others.length, 0);
  assert.equal(answer.text, expected.text);
  const thinking = answer.reasoning.map(({ text, signature }) => `${text}|${signature}`);
  assert.deepEqual(thinking, expected.thinking);
  const calls = answer.toolCalls.map(({ id, name, argumentsJson }) => ({
    id,
    name,
    arguments: JSON.parse(argumentsJson) as unknown,
  }));
  assert.deepEqual(calls, expected.calls);
  assert.equal(answer.finish?.rawReason, expected.finish);
  assert.notEqual(answer.finish?.reason, FinishReason.FINISH_REASON_OTHER);
}

function checkUsage(usage: Usage | undefined, wire: WireUsage): void {
  const count = (name: string) => BigInt((wire[name] as number | undefined) ?? 0);
  assert.ok(usage);
  assert.equal(usage.inputTokens, count("input_tokens"));
  assert.equal(usage.cachedInputTokens ?? 0n, count("cache_read_input_tokens"));
  const written = (usage.cacheWrite5mTokens ?? 0n) + (usage.cacheWrite1hTokens ?? 0n);
  assert.equal(written, count("cache_creation_input_tokens"));
  assert.equal(usage.outputTokens, count("output_tokens"));
}

test("recorded answers keep text, thinking, tool calls, finish and usage, plain and streamed byte by byte", (context) => {
  const all = recordings().filter(({ exchange }) => exchange.response.status === 200);
  let replayed = 0;
  for (const { name, exchange } of all) {
    const { body, sse } = exchange.response;
    try {
      if (sse === undefined) {
        const message = body as WireMessage;
        const answer = provider.mapResponse(JSON.stringify(body));
        checkChunks(answer.chunks, expectedOf(message.content, message.stop_reason ?? "", message.usage));
        checkUsage(answer.usage, message.usage);
        assert.deepEqual([answer.finished, answer.error, answer.problems], [true, undefined, []]);
        replayed += 1;
        continue;
      }
      const expected = expectedOfStream(sse);
      if (expected === undefined) {
        assert.throws(() => feed(sse, 1_000_000), { code: "upstream_bad_response" });
        context.diagnostic(`${name}: two messages in one; refused as unreadable.`);
        continue;
      }
      for (const pieceBytes of [1, 7, 1_000_000]) {
        const { chunks, state } = feed(sse, pieceBytes);
        checkChunks(chunks, expected);
        checkUsage(state.usage, expected.usage);
        assert.deepEqual([state.finished, state.ended, state.error, state.problems], [true, true, undefined, []]);
      }
      replayed += 1;
    } catch (cause) {
      throw new Error(`Recording ${name}`, { cause });
    }
  }
  context.diagnostic(all.length === 0 ? `No recordings at ${FOLDER}: nothing was replayed.` : `Replayed ${replayed}.`);
});

const BY_STATUS: Readonly<Record<number, string>> = {
  401: "upstream_unauthenticated",
  403: "upstream_forbidden",
  404: "upstream_model_not_found",
  429: "upstream_rate_limited",
  529: "upstream_overloaded",
};

test("recorded errors get a code, keep their sentence and their wait", (context) => {
  const failures = recordings().filter(({ exchange }) => exchange.response.status >= 400);
  if (failures.length === 0) context.diagnostic(`No recordings at ${FOLDER}: nothing was replayed.`);
  for (const { name, exchange } of failures) {
    const { status, headers, body } = exchange.response;
    const error = provider.mapError({ status, headers, body: JSON.stringify(body) });
    const said = (body as { error: { message: string; type: string } }).error;
    assert.deepEqual([error.message, error.details.providerCode], [said.message.trim(), said.type], name);
    assert.equal(error.details.upstreamStatus, status, name);
    const tooLong = said.message.startsWith("prompt is too long");
    const expected = tooLong ? "upstream_context_too_long" : (BY_STATUS[status] ?? "upstream_invalid_request");
    assert.equal(error.code, expected, name);
    const wait = headers["retry-after"];
    assert.equal(error.details.retryAfterMs, wait === undefined ? undefined : Number(wait) * 1_000, name);
  }
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { Usage } from "@sluice/proto/common/v1/usage";
import fc from "fast-check";
import { AnswerFeed } from "../../services/provider-adapter/src/attempt/answer-feed.ts";
import type { AnswerState, Provider } from "../../services/provider-adapter/src/provider.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";

const FOLDER = join(import.meta.dirname, "../../services/provider-adapter/src/providers");
/** One of each wire, and the look-alikes that read something of their own. */
const NAMES = ["openai", "mistral", "openrouter", "perplexity", "groq", "anthropic", "gemini"];
const LINE_MAX = 1_048_576;
const TOKENS_MAX = 10n ** 10n;
const RUNS = 60;

const fixture = (name: string, file: string): string => readFileSync(join(FOLDER, name, "fixtures", file), "utf8");
const STREAMS = ["text.sse", "error-later.sse", "no-usage.sse"];

type Entry = readonly [string, unknown];

/** Values that stand where something else was promised. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, "", "null", [], {}, true, -1, 1.5, 1e300, 2 ** 53, 9e15, "7", -0, [[[]]], "__proto__"),
  fc.constantFrom<unknown>(JSON.parse('{"__proto__":{"index":3,"content":"x"},"constructor":1}')),
  fc.jsonValue({ maxDepth: 2 }),
);

/** The same value with some of its places taken by something else, or by nothing. */
function spoilt(value: unknown, rate: number, next: () => number, other: () => unknown): unknown {
  if (next() < rate) return other();
  if (Array.isArray(value)) return value.map((entry) => spoilt(entry, rate, next, other));
  if (typeof value !== "object" || value === null) return value;
  const entries: Entry[] = [];
  for (const [name, inner] of Object.entries(value)) {
    const dice = next();
    if (dice < rate / 4) continue;
    entries.push([dice > 1 - rate / 4 ? "__proto__" : name, spoilt(inner, rate, next, other)]);
  }
  return Object.fromEntries(entries);
}

const spoiler = fc.record({
  rate: fc.constantFrom(0.02, 0.1, 0.3),
  dice: fc.infiniteStream(fc.nat(999)),
  others: fc.infiniteStream(odd),
});

type Spoiler = typeof spoiler extends fc.Arbitrary<infer T> ? T : never;

/** Spoils what stands inside of a JSON object; the object itself stays one. */
function spoil(text: string, { rate, dice, others }: Spoiler): string {
  const next = (): number => dice.next().value / 1_000;
  const other = (): unknown => others.next().value;
  const entries = Object.entries(JSON.parse(text) as object);
  return JSON.stringify(Object.fromEntries(entries.map(([name, inner]) => [name, spoilt(inner, rate, next, other)])));
}

/** Only a failure to read may come out of a reader. */
function orUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof SluiceError, `${String(error)}\n${error instanceof Error ? error.stack : ""}`);
    assert.equal(error.code, "upstream_bad_response");
    assert.ok((error.details.upstreamBody ?? "").length < 4_096 && error.message.length < 2_048);
    return undefined;
  }
}

/** What is handed on fits the channel, and what is billed are counts that can be believed. */
function check(chunks: readonly ChatChunk[], state: AnswerState | undefined): void {
  for (const chunk of chunks) {
    ChatChunk.decode(ChatChunk.encode(chunk).finish());
    assert.ok(Number.isInteger(chunk.choice) && chunk.choice >= 0 && chunk.choice < 1_024, `choice ${chunk.choice}`);
  }
  const { usage, error } = state ?? { usage: undefined, error: undefined };
  if (error !== undefined) assert.match(error.code, /^upstream_/);
  if (usage === undefined) return;
  Usage.decode(Usage.encode(usage).finish());
  const counts = Object.values(usage).filter((value) => typeof value === "bigint");
  for (const count of [...counts, ...Object.values(usage.serverToolCalls)]) {
    assert.ok(count >= 0n && count < TOKENS_MAX, `${count} tokens`);
  }
}

function readStream(provider: Provider, bytes: Uint8Array, cuts: readonly number[]): readonly ChatChunk[] {
  const reader = provider.openStream();
  const feed = new AnswerFeed(reader, LINE_MAX);
  const chunks: ChatChunk[] = [];
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  orUnreadable(() => {
    for (const [at, from] of places.entries()) {
      const to = places[at + 1];
      if (feed.push(to === undefined ? undefined : bytes.subarray(from, to), chunks)) break;
    }
  });
  check(chunks, reader);
  return chunks;
}

const cuts = fc.array(fc.nat(100_000), { maxLength: 40 });
const property = <T>(arbitrary: fc.Arbitrary<T>, predicate: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, predicate), { numRuns: RUNS });

for (const name of NAMES) {
  const provider = (PROVIDERS[name] as NonNullable<(typeof PROVIDERS)[string]>)({
    baseUrl: undefined,
    abandon: undefined,
  });
  const plain = ["text.json", ...(name === "perplexity" ? [] : ["tool-call.json"])].map((file) => fixture(name, file));
  const streams = [...STREAMS, ...(name === "perplexity" ? [] : ["tool-call.sse"])].map((file) => fixture(name, file));

  test(`${name}: a plain answer with anything in any place is read or refused`, () => {
    property(fc.tuple(fc.constantFrom(...plain), spoiler, fc.nat(2_000)), ([text, how, cut]) => {
      for (const body of [spoil(text, how), text.slice(0, cut), "", "null", "[]", "[null]", "{}", '"x"', "1"]) {
        const answer = orUnreadable(() => provider.mapResponse(body));
        check(answer?.chunks ?? [], answer);
      }
    });
  });

  test(`${name}: a stream with anything in any place is read or refused, however it is cut`, () => {
    property(fc.tuple(fc.constantFrom(...streams), spoiler, cuts, fc.nat(9)), ([text, how, at, dice]) => {
      const lines = text
        .split("\n")
        .map((line) => (/^data: ?[{]/.test(line) ? `data: ${spoil(line.slice(5), how)}` : line));
      const whole = Buffer.from(lines.join("\n"));
      const bytes = dice === 0 ? whole.subarray(0, at[0] ?? 10) : whole;
      // Ids that are made up differ from reading to reading; everything else must not depend on the cuts.
      const told = (chunks: readonly ChatChunk[]) =>
        JSON.stringify(chunks.map((chunk) => ChatChunk.toJSON(chunk))).replace(/call_[0-9A-Za-z]+/g, "");
      assert.equal(told(readStream(provider, bytes, at)), told(readStream(provider, bytes, [])));
    });
  });

  test(`${name}: any bytes are read or refused`, () => {
    const line = fc.oneof(
      fc.constantFrom("data: ", "data:{", "event: error", "\n\n", "\r", "[DONE]", "}"),
      fc.string(),
    );
    property(
      fc.oneof(
        fc.uint8Array({ maxLength: 500 }),
        fc.array(line).map((all) => Buffer.from(all.join("\n"))),
      ),
      (bytes) => {
        readStream(provider, bytes, []);
      },
    );
  });

  test(`${name}: what nests a hundred thousand deep ends as an answer that cannot be read, or is passed over`, () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    for (const text of plain) {
      const answer = JSON.parse(text) as Record<string, unknown>;
      const inside = Object.keys(answer).map((field) => JSON.stringify({ ...answer, [field]: "DEEP" }));
      const within = text.replace(/"(?:stop|text|STOP|end_turn)"|"content": ?"[^"]*"/, (found) =>
        found.startsWith('"content') ? '"content":"DEEP"' : '"DEEP"',
      );
      for (const body of [
        deep,
        ...inside,
        within,
        JSON.stringify({ ...answer, zz: "DEEP" }),
        '{"error":"DEEP"}',
        '{"error":{"message":"DEEP","code":"DEEP"}}',
      ]) {
        const deepBody = body.replace('"DEEP"', deep);
        const read = orUnreadable(() => provider.mapResponse(deepBody));
        check(read?.chunks ?? [], read);
        readStream(provider, Buffer.from(`data: ${deepBody}\n\n`), []);
      }
    }
  });

  test(`${name}: a line of ten megabytes is given up without being kept`, () => {
    const reader = provider.openStream();
    const feed = new AnswerFeed(reader, LINE_MAX);
    const piece = Buffer.alloc(65_536, "x");
    let fed = 0;
    assert.throws(() => {
      feed.push(Buffer.from("data: "), []);
      for (; fed < 10_485_760; fed += piece.length) feed.push(piece, []);
    }, /longer than/);
    assert.ok(fed <= LINE_MAX + piece.length);
  });
}

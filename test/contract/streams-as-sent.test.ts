import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { before, test } from "node:test";
import { accumulate } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { AnswerFeed, endOfBroken } from "../../services/provider-adapter/src/attempt/answer-feed.ts";
import type { AnswerReader } from "../../services/provider-adapter/src/provider.ts";
import { recordedProvider } from "../../services/provider-adapter/src/providers/recorded.ts";
import { PROVIDERS } from "../../services/provider-adapter/src/providers/registry.ts";

/** Recorded exchanges lie beside the checkout, not in it; without them the hand-written streams of the provider folders remain. */
const RECORDINGS = resolve(import.meta.dirname, "../../../shared/fixtures");
const WRITTEN = resolve(import.meta.dirname, "../../services/provider-adapter/src/providers");

interface Stream {
  readonly name: string;
  readonly sse: string;
  readonly open: () => AnswerReader;
}

function written(): Stream[] {
  return globSync("*/fixtures/*.sse", { cwd: WRITTEN }).flatMap((name) => {
    const provider = PROVIDERS[name.split("/")[0] ?? ""]?.({ baseUrl: undefined, abandon: undefined });
    if (provider === undefined) return [];
    return [{ name, sse: readFileSync(join(WRITTEN, name), "utf8"), open: () => provider.openStream() }];
  });
}

interface Recorded {
  readonly provider: string;
  readonly api: string;
  readonly response: { readonly sse?: string };
}

function recorded(): Stream[] {
  if (!existsSync(RECORDINGS)) return [];
  const names = readdirSync(RECORDINGS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  return names.flatMap((name) => {
    const { provider, api, response } = JSON.parse(readFileSync(join(RECORDINGS, name), "utf8")) as Recorded;
    const reader = recordedProvider(provider, api);
    if (reader === undefined || response.sse === undefined) return [];
    return [{ name, sse: response.sse, open: () => reader.openStream() }];
  });
}

/** Everything a stream was understood as. */
function read({ open }: Stream, pieces: Iterable<Uint8Array>) {
  const reader = open();
  const feed = new AnswerFeed(reader, 4_000_000);
  const chunks: ChatChunk[] = [];
  let failure = "";
  try {
    let over = false;
    for (const piece of pieces) {
      over = feed.push(piece, chunks);
      if (over) break;
    }
    if (!over) feed.push(undefined, chunks);
  } catch (thrown) {
    try {
      chunks.push(...endOfBroken(reader, thrown));
    } catch (error) {
      failure = (error as Error).message;
    }
  }
  const answer = accumulate();
  for (const chunk of chunks) answer.push(chunk);
  const { finished, error, usage } = reader;
  const answers = answer.answers().map((choice) => ({ ...choice, toolCalls: choice.toolCalls.map(withoutOwnId) }));
  return { answers, start: answer.start(), usage, finished, error: error?.code, failure };
}

/** Where a provider gives a call no id, the reader makes one up, another each time. */
const withoutOwnId = <Call extends { readonly id: string }>(call: Call): Call =>
  /^call_[0-9a-z]{25}$/.test(call.id) ? { ...call, id: "own" } : call;

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const EVENT_END = /(?:\r\n|\n|\r){2,}/;

/** What other senders, and proxies in between, do to the same events. */
const VARIANTS: Readonly<Record<string, (sse: string) => string>> = {
  "with CRLF": (sse) => sse.replace(/\r\n?|\n/g, "\r\n"),
  "with CR": (sse) => sse.replace(/\r\n?|\n/g, "\r"),
  "behind a byte order mark": (sse) => `\ufeff${sse}`,
  "with comments between": (sse) => sse.split(EVENT_END).join("\n\n: keep-alive\n\n"),
  "with comments, ids and times in each event": (sse) =>
    sse.replace(/^data:/gm, ": queued\nid: 7\nretry: 3000\nunknown: x\ndata:"),
  "with no space behind the colon": (sse) => sse.replace(/^(data|event): /gm, "$1:"),
  "without the last blank line": (sse) => sse.replace(/\s+$/, "\n"),
  "without any end of line at its end": (sse) => sse.replace(/\s+$/, ""),
  "without an end marker": (sse) => sse.replace(/data: ?\[DONE\]\s*$/, ""),
};

let streams: Stream[] = [];
before(() => {
  streams = [...written(), ...recorded()];
});

test("a stream is understood the same however the network cuts it", (context) => {
  context.diagnostic(`${streams.length} streams${existsSync(RECORDINGS) ? "" : "; no recordings beside the checkout"}`);
  assert.ok(streams.length > 0);
  for (const stream of streams) {
    const bytes = Buffer.from(stream.sse);
    const whole = read(stream, [bytes]);
    for (const size of [1, 7, 1_024])
      assert.deepEqual(read(stream, cut(bytes, size)), whole, `${stream.name} by ${size}`);
  }
});

for (const [name, change] of Object.entries(VARIANTS)) {
  test(`a stream is understood the same ${name}`, () => {
    for (const stream of streams) {
      const whole = read(stream, [Buffer.from(stream.sse)]);
      const changed = Buffer.from(change(stream.sse));
      assert.deepEqual(read(stream, [changed]), whole, stream.name);
      assert.deepEqual(read(stream, cut(changed, 5)), whole, `${stream.name} by 5`);
    }
  });
}

test("an event over several data lines is one event", () => {
  for (const stream of streams) {
    const lines = stream.sse.replace(/^(data: ?\{)(")/gm, "$1\ndata: $2");
    // Without blank lines between its events a recording cannot be told apart from one event.
    if (!EVENT_END.test(stream.sse)) continue;
    assert.deepEqual(read(stream, [Buffer.from(lines)]), read(stream, [Buffer.from(stream.sse)]), stream.name);
  }
});

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Delivered } from "../count.ts";
import { type RecordedResponse, type Recording, readRecording } from "../recordings/read-recording.ts";
import { type KeptStream, recordedStream } from "../recordings/recorded-stream.ts";
import { chatOf } from "../testing/world.ts";
import { settleUsage } from "./settle.ts";

const FIXTURES = new URL("../../../../../shared/fixtures/", import.meta.url).pathname;

type Kept = Recording & { readonly response: RecordedResponse & KeptStream };

function recordings(): (Recording & { readonly file: string })[] {
  return globSync("*/*.json", { cwd: FIXTURES })
    .filter((file) => !file.startsWith("openapi/"))
    .map((file) => ({ file, ...(JSON.parse(readFileSync(FIXTURES + file, "utf8")) as Kept) }))
    .filter(({ response }) => response !== undefined)
    .map((kept) => ({ ...kept, response: { ...kept.response, stream: recordedStream(kept.response) } }));
}

function readOrNothing(recording: Recording): ReturnType<typeof readRecording> | undefined {
  try {
    return readRecording(recording);
  } catch {
    // A wire that nobody reads, e.g. embeddings.
    return undefined;
  }
}

/** Recordings whose text was replaced by a longer one by hand. */
const ALTERED = new Set(["bedrock/max-tokens__us.amazon.nova-micro-v1-0__13504f.json"]);

test("the figures of recorded whole answers stand, but for the few that say nothing was generated", {
  skip: existsSync(FIXTURES) ? false : "no recordings beside the repository",
}, () => {
  let stood = 0;
  const doubted: string[] = [];
  for (const recording of recordings()) {
    const answer = readOrNothing(recording);
    if (answer?.usage === undefined || answer.error !== undefined) continue;
    const delivered = new Delivered();
    for (const chunk of answer.chunks) delivered.add(chunk);
    const said = { usage: answer.usage, final: true, covers: true };
    const { counted } = settleUsage(said, { chat: chatOf("hi"), inputTokenBound: 0n, delivered, left: false });
    if (counted === undefined) stood += 1;
    else if ((answer.usage.outputTokens ?? 0n) > 0n && !ALTERED.has(recording.file)) doubted.push(recording.file);
  }
  assert.ok(stood > 800, `${stood} were read`);
  assert.deepEqual(doubted, []);
});

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { awsFrame } from "../testing/aws-frame.ts";
import { createFrameReader } from "./aws-frames.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../../../shared/fixtures/bedrock");

interface Recorded {
  readonly response: {
    readonly eventstream_base64?: string;
    readonly events?: readonly { readonly headers: Record<string, string>; readonly payload: unknown }[];
  };
}

function cut(bytes: Uint8Array, pieceBytes: number, max = 1_000_000): string[][] {
  const reader = createFrameReader(max);
  const events: string[][] = [];
  const emit = (name: string, data: string) => void events.push([name, data]);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes), emit);
  reader.end(emit);
  return events;
}

const TWO = Buffer.concat([
  awsFrame({ ":message-type": "event", ":event-type": "messageStart" }, '{"role":"assistant"}'),
  awsFrame({ ":message-type": "exception", ":exception-type": "throttlingException" }, '{"message":"Grüße"}'),
]);

test("frames are told apart however the network cut them, failures by their name", () => {
  const expected = [
    ["messageStart", '{"role":"assistant"}'],
    ["error:throttlingException", '{"message":"Grüße"}'],
  ];
  for (const piece of [1, 2, 7, 64, TWO.length]) assert.deepEqual(cut(TWO, piece), expected);
});

test("a frame that the end cut off says nothing", () => {
  assert.deepEqual(cut(TWO.subarray(0, TWO.length - 1), 5), [["messageStart", '{"role":"assistant"}']]);
  assert.deepEqual(cut(TWO.subarray(0, 11), 1), []);
});

test("a changed bit, an impossible length and a frame over the limit are refused", () => {
  for (const at of [2, 9, 20, TWO.length - 1]) {
    const bad = Buffer.from(TWO);
    bad[at] = (bad[at] ?? 0) ^ 1;
    assert.throws(() => cut(bad, 16), { code: "upstream_bad_response" });
  }
  assert.throws(() => cut(TWO, 16, 40), /more than 40 bytes/);
});

test("recorded streams are cut into the events that were decoded when they were recorded", (context) => {
  if (!existsSync(FOLDER)) return context.diagnostic(`No recordings at ${FOLDER}: nothing was read.`);
  let seen = 0;
  for (const name of readdirSync(FOLDER)) {
    const { response } = JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Recorded;
    if (response.eventstream_base64 === undefined) continue;
    const events = cut(Buffer.from(response.eventstream_base64, "base64"), 1);
    const expected = response.events?.map(
      ({ headers }) => headers[":event-type"] ?? `error:${headers[":exception-type"]}`,
    );
    if (expected !== undefined)
      assert.deepEqual(
        events.map(([type]) => type),
        expected,
        name,
      );
    seen += events.length;
  }
  assert.ok(seen > 0);
  context.diagnostic(`${seen} events`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FRAME,
  FrameReader,
  FrameWriter,
  integerAt,
  parseCall,
  printHead,
  TRUNK_MESSAGE_BYTES_MAX,
  writeInteger,
} from "./trunk-frames.ts";

const LIMIT = 1_000_000;

test("frames of one turn are one message, and come out as they went in", async () => {
  const sent: Buffer[] = [];
  const writer = new FrameWriter((message) => sent.push(message));
  writer.add(FRAME.MESSAGE, 7, Buffer.from("one"));
  writer.add(FRAME.END, 7);
  writer.add(FRAME.MESSAGE, 8, Buffer.from("body"), Buffer.from("head "));
  assert.equal(sent.length, 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent.length, 1);
  const frames = [...new FrameReader(LIMIT).read(sent[0] ?? Buffer.alloc(0))];
  assert.deepEqual(
    frames.map(({ kind, call, payload }) => [kind, call, Buffer.from(payload).toString()]),
    [
      [FRAME.MESSAGE, 7, "one"],
      [FRAME.END, 7, ""],
      [FRAME.MESSAGE, 8, "head body"],
    ],
  );
});

test("a large payload goes in parts that others may come between, and is put together again", () => {
  const sent: Buffer[] = [];
  const writer = new FrameWriter((message) => sent.push(message));
  const large = Buffer.alloc(300_000, "abc");
  writer.add(FRAME.MESSAGE, 1, large, Buffer.from("head "));
  writer.add(FRAME.MESSAGE, 2, Buffer.from("small"));
  writer.flush();
  assert.ok(sent.length > 1);
  assert.ok(sent.every(({ length }) => length <= TRUNK_MESSAGE_BYTES_MAX));
  const reader = new FrameReader(LIMIT);
  const frames = sent.flatMap((message) => [...reader.read(message)]);
  assert.deepEqual(
    frames.map(({ call }) => call),
    [1, 2],
  );
  assert.equal(Buffer.from(frames[0]?.payload ?? []).toString(), `head ${large.toString()}`);
});

test("what is cut off or too large is refused", () => {
  const sent: Buffer[] = [];
  const writer = new FrameWriter((message) => sent.push(message));
  writer.add(FRAME.MESSAGE, 1, Buffer.alloc(300_000));
  writer.flush();
  const small = new FrameReader(100_000);
  assert.throws(() => sent.flatMap((message) => [...small.read(message)]), /more than 100000 bytes/);
  assert.throws(() => [...new FrameReader(LIMIT).read(Buffer.from([FRAME.END, 1, 0, 0]))], RangeError);
  assert.throws(() => parseCall(Buffer.from("no end")), RangeError);
});

test("a call's head survives", () => {
  const head = { path: "/a.B/C", deadlineMs: 12.3, metadata: { traceparent: "00-1", other: "a b" } };
  const { request, ...parsed } = parseCall(Buffer.concat([printHead(head), Buffer.from("request")]));
  assert.deepEqual(parsed, { ...head, deadlineMs: 13 });
  assert.equal(Buffer.from(request).toString(), "request");
  const bare = parseCall(printHead({ path: "/a.B/C", deadlineMs: undefined, metadata: {} }));
  assert.deepEqual(bare, { path: "/a.B/C", deadlineMs: undefined, metadata: {}, request: Buffer.alloc(0) });
});

test("integers of four bytes, up to the largest", () => {
  const bytes = new Uint8Array(5);
  for (const value of [0, 1, 255, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    writeInteger(bytes, 1, value);
    assert.equal(integerAt(bytes, 1), value);
  }
});

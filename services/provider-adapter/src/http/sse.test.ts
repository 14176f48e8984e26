import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSseReader } from "./sse.ts";

type Seen = readonly [name: string, data: string, complete: boolean];

function read(pieces: readonly (Uint8Array | string)[], limit = 10_000): Seen[] {
  const seen: Seen[] = [];
  const emit = (name: string, data: string, complete: boolean) => seen.push([name, data, complete]);
  const reader = createSseReader(limit);
  for (const piece of pieces) reader.push(typeof piece === "string" ? Buffer.from(piece) : piece, emit);
  reader.end(emit);
  return seen;
}

/** Cuts bytes at the given places. */
function cut(text: string, places: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

test("events split anywhere, with any line end, are read as they were written", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replace(/\p{Cc}|\ufeff/gu, "·"));
  const event = fc.record({
    name: fc.constantFrom("", "error", "message"),
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
    comment: fc.boolean(),
  });
  const streams = fc.array(event, { minLength: 1, maxLength: 6 });
  const breaks = fc.array(fc.nat(), { maxLength: 12 });
  fc.assert(
    fc.property(streams, breaks, fc.constantFrom("\n", "\r\n", "\r"), (events, places, end) => {
      const text = events.map(({ name, lines, comment }) => {
        const named = name === "" ? "" : `event: ${name}${end}`;
        const data = lines.map((one) => `data: ${one}${end}`).join("");
        return `${comment ? `: keep-alive${end}${end}` : ""}${named}${data}${end}`;
      });
      const wanted = events.map(({ name, lines }) => [name, lines.join("\n"), true]);
      assert.deepEqual(read(cut(text.join(""), places)), wanted);
    }),
    { numRuns: 300 },
  );
});

test("one byte at a time gives the same as all at once", () => {
  const text =
    '\ufeff: hi\r\n\r\ndata:{"a":"é😀"}\r\n\r\nevent:x\ndata: 1\ndata: 2\n\ndata\n\nid: 7\nretry: 3\ndata: [DONE]\n\n';
  const wanted: Seen[] = [
    ["", '{"a":"é😀"}', true],
    ["x", "1\n2", true],
    ["", "", true],
    ["", "[DONE]", true],
  ];
  assert.deepEqual(read([text]), wanted);
  assert.deepEqual(read([...Buffer.from(text)].map((byte) => Uint8Array.of(byte))), wanted);
});

test("an event without its closing blank line counts, one cut inside its line is marked", () => {
  assert.deepEqual(read(["data: 1\n"]), [["", "1", true]]);
  assert.deepEqual(read(['data: 1\n\ndata: {"a']), [
    ["", "1", true],
    ["", '{"a', false],
  ]);
  assert.deepEqual(read(["event: x\n\n: only a comment\n\n"]), []);
});

test("a line or event over the limit is refused instead of filling the memory", () => {
  const long = "x".repeat(60);
  assert.throws(() => read([`data: ${long}`, long], 100), { code: "upstream_bad_response" });
  assert.throws(() => read([`data: ${long}\ndata: ${long}\n`], 100), { code: "upstream_bad_response" });
});

test("a byte order mark counts once, before the first line only, and may itself be cut", () => {
  const mark = Buffer.from("\ufeff");
  assert.deepEqual(read([mark.subarray(0, 1), mark.subarray(1), "data: 1\n\n"]), [["", "1", true]]);
  assert.deepEqual(read(["data: \ufeff1\n\n\ufeffdata: 2\n\n"]), [["", "\ufeff1", true]]);
});

test("a character cut between reads is put together, bytes that are no UTF-8 harm only themselves", () => {
  const [a, b] = [Buffer.from("data: é"), Buffer.from("😀\n\n")];
  assert.deepEqual(read([a.subarray(0, 7), Buffer.concat([a.subarray(7), b.subarray(0, 2)]), b.subarray(2)]), [
    ["", "é😀", true],
  ]);
  assert.deepEqual(read([Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x31, 10, 10])]), [["", "\ufffd1", true]]);
});

test("only what an event stream knows counts: comments, ids, times and other fields are passed over", () => {
  const text = ":\n: data: no\nid: 1\nretry: 10\nid\ndatum: no\nDATA: no\n data: no\ndata:  two spaces\nevent\n\n";
  assert.deepEqual(read([text]), [["", " two spaces", true]]);
  assert.deepEqual(read(["event: x\n\ndata: 1\n\n"]), [["", "1", true]]);
  assert.deepEqual(read(["event: x\nevent: y\ndata: 1\n\ndata: 2\n\n"]), [
    ["y", "1", true],
    ["", "2", true],
  ]);
});

test("a carriage return at the end of a read is one line end with the line feed that follows, and two with another", () => {
  assert.deepEqual(read(["data: 1\r", "\ndata: 2\r", "\r", "\n"]), [["", "1\n2", true]]);
  assert.deepEqual(read(["data: 1\r", "\r", "data: 2\r\n\r", "\n"]), [
    ["", "1", true],
    ["", "2", true],
  ]);
});

test("a line without an end is refused as soon as it is over the limit, not when it ends", () => {
  const reader = createSseReader(1_000);
  const piece = Buffer.from("x".repeat(300));
  for (let i = 0; i < 3; i++) reader.push(piece, () => assert.fail("no event"));
  assert.throws(() => reader.push(piece, () => assert.fail("no event")), { code: "upstream_bad_response" });
});

test("a limit is not reached by many events, comments or blank lines", () => {
  const many = `${": keep-alive\n\n".repeat(500)}${"data: 12345\n\n".repeat(500)}`;
  assert.equal(read([many], 20).length, 500);
});

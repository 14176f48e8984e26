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

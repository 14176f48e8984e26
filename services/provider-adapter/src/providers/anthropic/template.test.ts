import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import fc from "fast-check";
import { anthropic } from "./index.ts";

const provider = anthropic({ baseUrl: undefined, abandon: undefined });

const KINDS = [
  { block: { type: "text", text: "" }, delta: "text_delta", field: "text" },
  { block: { type: "thinking", thinking: "", signature: "" }, delta: "thinking_delta", field: "thinking" },
  { block: { type: "tool_use", id: "t", name: "f", input: {} }, delta: "input_json_delta", field: "partial_json" },
] as const;

interface Shape {
  readonly spaces: boolean;
  readonly padding: number;
  readonly textFirst: boolean;
}

function event(kind: (typeof KINDS)[number], text: string, shape: Shape): string {
  const { delta: type, field } = kind;
  const delta = shape.textFirst ? { [field]: text, type } : { type, [field]: text };
  const json = JSON.stringify({ type: "content_block_delta", index: 0, delta });
  const spaced = shape.spaces ? json.replaceAll('":', '": ') : json;
  return `${spaced.slice(0, -1)}${" ".repeat(shape.padding)}}${" ".repeat(shape.padding)}`;
}

function piecesOf(kind: (typeof KINDS)[number], events: readonly string[]): string[] {
  const reader = provider.openStream();
  const chunks: ChatChunk[] = [];
  reader.step("", JSON.stringify({ type: "content_block_start", index: 0, content_block: kind.block }), chunks);
  for (const data of events) reader.step("content_block_delta", data, chunks);
  return chunks
    .map(({ event: seen }) => {
      if (seen?.$case === "text") return seen.value;
      if (seen?.$case === "reasoning") return seen.value.text;
      return seen?.$case === "toolCall" ? seen.value.argumentsJson : "";
    })
    .filter((piece) => piece !== "");
}

test("events recognised by their likeness give what parsing gives", () => {
  const nasty = fc.constantFrom(
    '"',
    "\\",
    '\\"',
    '"}',
    '"}}',
    "}",
    "\n",
    "é",
    "😀",
    '"text":"',
    "text_delta",
    "\u2028",
  );
  const text = fc
    .array(fc.oneof(nasty, fc.string({ maxLength: 4 })), { minLength: 1, maxLength: 4 })
    .map((all) => all.join(""));
  const shape = fc.record({ spaces: fc.boolean(), padding: fc.nat(3), textFirst: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 2, maxLength: 8 }),
      shape,
      fc.constantFrom(...KINDS),
      (texts, one, kind) => {
        const events = texts.map((each, index) => event(kind, each, { ...one, padding: (one.padding + index) % 4 }));
        const wanted = events.map((data) => (JSON.parse(data) as { delta: Record<string, string> }).delta[kind.field]);
        assert.deepEqual(
          piecesOf(kind, events),
          wanted.filter((each) => each !== ""),
        );
      },
    ),
    { numRuns: 500 },
  );
});

test("an event that only resembles the learnt one is parsed, and refused when it is broken", () => {
  const [kind] = KINDS;
  const shape = { spaces: false, padding: 0, textFirst: false };
  const learnt = event(kind, "Hello", shape);
  for (const broken of [learnt.replace("Hello", "Hel\\xlo"), learnt.replace("Hello", "Hel\tlo"), learnt.slice(0, -1)]) {
    assert.throws(() => piecesOf(kind, [learnt, broken]), { code: "upstream_bad_response" });
  }
  const doubled = learnt.replace('"Hello"', '"Hello","text":"Bye"');
  assert.deepEqual(piecesOf(kind, [learnt, doubled]), ["Hello", "Bye"]);
});

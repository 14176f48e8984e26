import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import fc from "fast-check";
import { openai } from "./index.ts";

const provider = openai({ baseUrl: undefined, abandon: undefined });

interface Shape {
  readonly spaces: boolean;
  readonly padding: boolean;
}

function event(text: string, shape: Shape, padding: string): string {
  const chunk = {
    id: "c",
    choices: [{ index: 1, delta: { content: text }, logprobs: null, finish_reason: null }],
    ...(shape.padding && { obfuscation: padding }),
  };
  const json = JSON.stringify(chunk);
  return shape.spaces ? json.replaceAll('":', '": ') : json;
}

function textsOf(events: readonly string[]): string[] {
  const reader = provider.openStream();
  const chunks: ChatChunk[] = [];
  for (const data of events) reader.step("", data, chunks);
  return chunks.flatMap(({ choice, event: seen }) => (seen?.$case === "text" && choice === 1 ? [seen.value] : []));
}

test("events recognised by their likeness give the text that parsing gives", () => {
  const nasty = fc.constantFrom(
    '"',
    "\\",
    '\\"',
    '"}',
    '","obfuscation":"x',
    "\n",
    "\u007f",
    "é",
    "😀",
    '"content":"',
    "\u2028",
  );
  const text = fc
    .array(fc.oneof(nasty, fc.string({ maxLength: 4 })), { minLength: 1, maxLength: 4 })
    .map((all) => all.join(""));
  const shape = fc.record({ spaces: fc.boolean(), padding: fc.boolean() });
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 8 }), shape, (texts, one) => {
      const events = texts.map((each, index) => event(each, one, "ab".repeat(index % 3)));
      const wanted = events.map(
        (data) => (JSON.parse(data) as { choices: { delta: { content: string } }[] }).choices[0]?.delta.content,
      );
      assert.deepEqual(
        textsOf(events),
        wanted.filter((each) => each !== ""),
      );
    }),
    { numRuns: 500 },
  );
});

test("an event that only resembles the learnt one is parsed, and refused when it is broken", () => {
  const shape = { spaces: false, padding: false };
  const learnt = event("Hello", shape, "");
  const broken = learnt.replace("Hello", "Hel\\xlo");
  assert.throws(() => textsOf([learnt, broken]), { code: "upstream_bad_response" });
  const raw = learnt.replace("Hello", "Hel\tlo");
  assert.throws(() => textsOf([learnt, raw]), { code: "upstream_bad_response" });
  const doubled = learnt.replace('"Hello"', '"Hello","content":"Bye"');
  assert.deepEqual(textsOf([learnt, doubled]), ["Hello", "Bye"]);
});

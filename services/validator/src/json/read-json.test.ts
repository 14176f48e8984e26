import assert from "node:assert/strict";
import { test } from "node:test";
import { readJson } from "./read-json.ts";

const repairedText = (text: string) => {
  const reading = readJson(text);
  return reading.kind === "repaired" ? reading.text : reading.kind;
};

test("strict JSON is taken as it is", () => {
  for (const text of ['{"a": 1}', "[]", ' {"a":{}}\n', '"x"', "0"]) assert.equal(readJson(text).kind, "strict", text);
});

test("a document in a fence or in prose is taken out, unchanged", () => {
  const document = '{"a": [1, 2],\n "b": "}"}';
  for (const text of [
    `\`\`\`json\n${document}\n\`\`\``,
    `\`\`\`\n${document}\n\`\`\`\n`,
    `Here it is:\n\n\`\`\`json\n${document}\n\`\`\`\nLet me know!`,
    `Sure! ${document} I hope this helps.`,
    `The set {1, 2} is small [1].\n${document}`,
    `\ufeff${document}`,
  ]) {
    assert.equal(repairedText(text), document, text);
  }
});

for (const [name, text, expected] of [
  ["a line break inside a string", '{"a": "one\ntwo\t."}', { a: "one\ntwo\t." }],
  ["escapes that are none", String.raw`{"a": "\(x\)"}`, { a: String.raw`\(x\)` }],
  [
    "LaTeX beside such escapes",
    String.raw`{"a": "\(\frac{1}{2} \times x\)\nend"}`,
    { a: `${String.raw`\(\frac{1}{2} \times x\)`}\nend` },
  ],
  ["quotes that were not escaped", '{"a": "he said "yes" to it", "b": 2}', { a: 'he said "yes" to it', b: 2 }],
  ["trailing commas", '{"a": [1, 2,], }', { a: [1, 2] }],
  ["single quotes", "{'a': 'it is'}", { a: "it is" }],
  ["names without quotes", "{a: 1, b_c: 'x'}", { a: 1, b_c: "x" }],
  ["words of Python", "{'a': True, 'b': None}", { a: true, b: null }],
  ["a missing comma", '{"a": 1\n "b": 2}', { a: 1, b: 2 }],
  ["a comment", '{"a": 1 /* */}', { a: 1 }],
] as const) {
  test(`${name} can be repaired`, () => {
    const reading = readJson(text);
    assert.equal(reading.kind, "repaired");
    assert.deepEqual(reading.kind === "repaired" && [reading.value, JSON.parse(reading.text)], [expected, expected]);
  });
}

for (const [name, text] of [
  ["is cut inside a string", '{"a": "one tw'],
  ["is cut behind a value", '{"a": 1, "b": [1, 2'],
  ["is cut behind a colon", '{"a": 1, "b":'],
  ["lacks its last bracket", '{"a": {"b": 1}'],
  ["is cut inside a fence", '```json\n{"a": "one\n```'],
  ["has a complete object inside a cut one", '{"a": {"b": 1}, "c": "x'],
  ["closes the wrong bracket", '{"a": [1, 2}'],
  ["lacks a value", '{"a": , "b": 1}'],
  ["is prose", "The answer is 4."],
  ["is prose with brackets", "Take {1, 2} and [3]."],
  ["is empty", " \n"],
] as const) {
  test(`a text that ${name} is never completed`, () => {
    assert.equal(readJson(text).kind, "broken");
  });
}

test("a second try in a new fence counts where the first one is broken", () => {
  assert.equal(repairedText('```json\n{"a": "b\n\nWait.\n\n```json\n{"a": "c"}\n```'), '{"a": "c"}');
});

test("hostile texts are read in bounded time", () => {
  const texts = [
    "[".repeat(200_000),
    '{"a":'.repeat(50_000),
    '{"a":"'.repeat(50_000),
    '"{\n'.repeat(50_000),
    "```json\n".repeat(20_000),
    "{'".repeat(30_000),
  ];
  const begun = performance.now();
  for (const text of texts) readJson(text);
  assert.ok(performance.now() - begun < 5000);
});

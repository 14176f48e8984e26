import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { countTokens as countCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { countTokens as countO200k } from "gpt-tokenizer/encoding/o200k_base";
import { loadVocabulary } from "./load-vocabulary.ts";
import { closeTally, dominantIn, emptyTally, KIND, spreadOf, tokensIn } from "./tally.ts";
import type { TextCounter } from "./text-counter.ts";

const vocabularies = {
  o200k_base: { counter: await loadVocabulary("o200k_base"), count: countO200k },
  cl100k_base: { counter: await loadVocabulary("cl100k_base"), count: countCl100k },
};
/** Texts may hold what looks like a control token: it is text. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

function count(counter: TextCounter, text: string): number {
  const tally = emptyTally();
  counter.add(text, tally);
  return tokensIn(tally);
}

const TEXTS = [
  "",
  "Hello, world! It's a test: don't WE'LL they're I'D x's.",
  "  indented\n\n\tcode(); // 1234567\r\n   ",
  "HTMLParser XMLHttpRequest camelCase snake_case SCREAMING_CASE ΑΒγδ",
  "日本語のテキスト、中文文本。한국어 텍스트 Ελληνικά Русский العربية हिन्दी ไทย",
  "🎉🎉 👩‍👩‍👧 \ud800 lone \udc00 e\u0301 A\u0301B\u0301 \u0301x ʰAʰ ǅa ٣½Ⅷ",
  "//\n/x \n/ \\frac{1}{2} ====== ---- <|endoftext|> <|im_start|>",
  `${"a".repeat(200)} ${"=".repeat(150)}\n${" ".repeat(120)}x`,
  '{"a":[1,2.5,-3e10],"b":"\\u00e9\\n","c":null}',
];

test("texts have exactly the tokens that the library finds in them", () => {
  for (const { counter, count: wanted } of Object.values(vocabularies)) {
    for (const text of TEXTS) assert.equal(count(counter, text), wanted(text, AS_TEXT), JSON.stringify(text));
  }
});

test("so does any other text", () => {
  const characters = [..."aAbzZé 019\t\n\r'’sStTdDmMllvere.,;/\\-_={}\"#ÉßñΑγжЖ中日ひカ가ʰǅ\u0301अनुा🎉½\u00a0\u2028"];
  const text = fc.array(fc.constantFrom(...characters), { maxLength: 40 }).map((all) => all.join(""));
  for (const { counter, count: wanted } of Object.values(vocabularies)) {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: "binary", maxLength: 40 })), (one) => {
        assert.equal(count(counter, one), wanted(one, AS_TEXT));
      }),
      { numRuns: 1_500 },
    );
  }
});

test("a word of a hundred thousand letters is counted in parts, in no time, and said to be", () => {
  const tally = emptyTally();
  const started = performance.now();
  vocabularies.o200k_base.counter.add("ab".repeat(50_000), tally);
  // The library takes seconds; this takes some 30 ms. The bound leaves room for a busy machine.
  assert.ok(performance.now() - started < 1_500);
  assert.equal(tally.cut, 1);
  assert.ok(tokensIn(tally) > 10_000 && tokensIn(tally) <= 100_000);
});

test("kinds of text are told apart", () => {
  const tally = emptyTally();
  vocabularies.o200k_base.counter.add("word 12345 中文 привет हिन्दी !!! 🎉  \n", tally);
  const kinds = Object.entries(KIND).filter(([, kind]) => (tally.tokens[kind] ?? 0) > 0);
  assert.deepEqual(
    kinds.map(([name]) => name),
    [
      "word",
      "number",
      "digit",
      "symbol",
      "otherSymbol",
      "space",
      "ideograph",
      "alphabet",
      "script",
      "symbolRun",
      "spaceRun",
      "otherSymbolRun",
      "ideographRun",
      "alphabetRun",
      "scriptRun",
    ],
  );
  assert.equal(tally.tokens[KIND.digit], 5);
});

function tallyOf(text: string) {
  const tally = emptyTally();
  vocabularies.o200k_base.counter.add(text, tally);
  return tally;
}

test("what repeats a piece that others may cut has more to be wrong about than what does not", () => {
  const once = tallyOf(" farewell");
  const often = tallyOf(" farewell".repeat(100));
  assert.ok(Math.abs(spreadOf(often) - 100 * spreadOf(once)) < 0.01);
  const mixed = tallyOf(" farewell misgivings tradeoffs bookshelf".repeat(25));
  assert.equal(tokensIn(often), 100);
  assert.ok(spreadOf(mixed) < spreadOf(often) * 0.8);
});

test("words that every known tokenizer has as one have hardly anything to be wrong about", () => {
  const sure = tallyOf(" the people of the house".repeat(20));
  assert.equal(sure.tokens[KIND.word], tokensIn(sure));
  assert.ok(spreadOf(sure) < tokensIn(sure) / 8);
});

test("one piece dominates only texts that consist of little else", () => {
  assert.equal(dominantIn(tallyOf("One sentence of several words, repeated. ".repeat(40))), 0);
  assert.ok(dominantIn(tallyOf("=".repeat(1_000))) > 700);
  assert.ok(dominantIn(tallyOf(" farewell".repeat(100))) > 600);
});

test("a closed tally keeps what was counted, and hands its places on empty", () => {
  const text = "words and misgivings ".repeat(30);
  const first = tallyOf(text);
  const spread = spreadOf(first);
  closeTally(first);
  closeTally(first);
  assert.equal(spreadOf(first), spread);
  assert.equal(spreadOf(tallyOf(text)), spread);
});

test("an unknown vocabulary is no vocabulary", async () => {
  await assert.rejects(loadVocabulary("../secrets"), /no vocabulary/);
});

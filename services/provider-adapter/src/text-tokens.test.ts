import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TextTokens, tokensOf } from "./text-tokens.ts";

/** Texts with their tokens in o200k_base and in cl100k_base. */
const KNOWN: readonly (readonly [text: string, o200k: number, cl100k: number])[] = [
  [
    "The committee will publish its findings next week, after the members have read every answer that was sent in.",
    21,
    21,
  ],
  ["Call me at 555 0199 or 555 0142 before 17 30 on 24 12 2026.", 28, 28],
  [
    "function add(a: number, b: number): number {\n  if (a === undefined) return b;\n  return a + b;\n}\n\nexport const x = items.map((item) => item.value * 2).filter(Boolean);\n",
    48,
    48,
  ],
  ['{"name":"get_weather","arguments":{"city":"Paris","unit":"celsius","days":[1,2,3]},"ok":true,"note":null}', 34, 34],
  ["人工智能正在以比我们预期更快的速度改变世界,这引发了许多关于未来工作的问题。", 26, 39],
  [
    "Искусственный интеллект меняет мир быстрее, чем мы ожидали, и это вызывает множество вопросов о будущем труда.",
    24,
    51,
  ],
  [
    "Yapay zeka dünyayı beklediğimizden daha hızlı değiştiriyor ve bu durum işin geleceği hakkında birçok soruyu gündeme getiriyor.",
    31,
    49,
  ],
  ["कृत्रिम बुद्धिमत्ता हमारी अपेक्षा से अधिक तेज़ी से दुनिया को बदल रही है", 21, 71],
  ["😀😃😄🎉🚀🔥💡", 12, 17],
  ["\\frac{a}{b} + \\sum_{i=0}^{n} x_i^2 = \\int_0^1 f(x)\\,dx", 33, 34],
];

test("texts of many kinds have at least the tokens of a current tokenizer, and not many times as many", () => {
  for (const [text, tokens] of KNOWN) {
    const counted = tokensOf(text);
    assert.ok(counted >= tokens, `${counted} of ${tokens}: ${text}`);
    assert.ok(counted <= 4 * tokens, `${counted} of ${tokens}: ${text}`);
  }
});

test("English prose is counted at most a third above the truth", () => {
  const [[text, tokens] = ["", 0]] = KNOWN;
  assert.ok(tokensOf(text) * 3 <= tokens * 4);
});

test("where a text is cut makes no difference, unless it is said to be another", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (pieces) => {
      const count = new TextTokens();
      for (const piece of pieces) count.add(piece);
      assert.equal(count.tokens, tokensOf(pieces.join("")));
    }),
  );
  const apart = new TextTokens();
  apart.add("one");
  apart.pause();
  apart.add("two");
  assert.deepEqual([apart.tokens, tokensOf("onetwo")], [2, 2]);
});

test("more text never has fewer tokens, and what has no characters has none", () => {
  assert.equal(tokensOf(""), 0);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (text, more) => {
      assert.ok(tokensOf(text + more) >= tokensOf(text));
    }),
  );
});

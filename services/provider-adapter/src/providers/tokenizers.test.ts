import assert from "node:assert/strict";
import { test } from "node:test";
import { PROVIDERS } from "./registry.ts";
import { boundOfAnything, inputBoundOf } from "./tokenizers.ts";

const familyOf = (id: string): string => inputBoundOf(id).tokenizer?.family ?? "by bytes";

test("a model's id tells its tokenizer, whoever serves it", () => {
  const families: readonly (readonly [string, string])[] = [
    ["gpt-4o-mini", "o200k"],
    ["openai/gpt-5.4", "o200k"],
    ["o3", "o200k"],
    ["gpt-4", "cl100k"],
    ["gpt-3.5-turbo", "cl100k"],
    ["openai/gpt-oss-20b", "gpt-oss"],
    ["claude-sonnet-4-5", "claude"],
    ["claude-3-haiku-20240307", "claude"],
    ["claude-sonnet-4-20250514", "claude"],
    ["anthropic/claude-opus-4.8", "claude-finer"],
    ["claude-sonnet-5", "claude-finer"],
    ["google/gemini-3.5-flash", "gemini"],
    ["deepseek-v4-pro", "deepseek-4"],
    ["deepseek-chat", "deepseek"],
    ["deepseek-r1-distill-llama-3.3-70b", "llama"],
    ["qwen/qwen3-32b", "qwen"],
    ["my-own-model", "by bytes"],
  ];
  for (const [id, family] of families) assert.equal(familyOf(id), family, id);
});

/** Kinds of text that are whole tokens: of these a bound never has fewer than are expected. */
const TOKENS = [0, 1, 2, 5, 6, 7, 8, 9, 10, 14, 15, 16];
const SPREAD = 21;
const DOMINANT = 22;

test("weights are complete, never below what is expected, and mind what repeats", () => {
  for (const provider of Object.values(PROVIDERS)) {
    for (const { id, inputBound } of provider({ baseUrl: undefined, abandon: undefined }).models) {
      const { tokenizer } = inputBound;
      if (tokenizer === undefined || tokenizer.exact) continue;
      const { expectedPermille: expected, mostPermille: most } = tokenizer;
      assert.equal(expected.length, 23, id);
      assert.equal(most.length, 23, id);
      for (const kind of TOKENS) assert.ok((most[kind] ?? 0) >= (expected[kind] ?? 0), `${id}: kind ${kind}`);
      assert.ok((most[SPREAD] ?? 0) >= 700 && (most[DOMINANT] ?? 0) >= 400, id);
    }
  }
});

test("an address of one's own may serve anything: bytes bound it, with a template as large as any", () => {
  const anything = boundOfAnything({ ...inputBoundOf("gpt-4.1"), perImageTokens: 85 });
  assert.equal(anything.tokenizer, undefined);
  assert.equal(anything.perImageTokens, 85);
  assert.ok(anything.baseTokens >= 96 && anything.perMessageTokens >= 16);
});

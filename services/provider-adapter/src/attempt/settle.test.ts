import assert from "node:assert/strict";
import { test } from "node:test";
import { Usage, UsageSource } from "@sluice/proto/common/v1/usage";
import fc from "fast-check";
import { Delivered } from "../count.ts";
import { chatOf } from "../testing/world.ts";
import { type Said, settleUsage } from "./settle.ts";

const { USAGE_SOURCE_PROVIDER: PROVIDER, USAGE_SOURCE_DRAINED: DRAINED, USAGE_SOURCE_COUNTED: COUNTED } = UsageSource;
/** "hi" in one message. */
const PROMPT = 5n;

function delivered(...pieces: readonly string[]): Delivered {
  const all = new Delivered();
  for (const value of pieces) all.add({ choice: 0, event: { $case: "text", value }, extraJson: "" });
  return all;
}

const words = (count: number): string[] => Array.from({ length: count }, () => " word");
const final = (usage: Partial<Usage>): Said => ({ usage: Usage.fromPartial(usage), final: true, covers: true });
const settle = (said: Said, content: Delivered, left = false) =>
  settleUsage(said, { chat: chatOf("hi"), inputTokenBound: 50n, delivered: content, left });

test("the provider's figures for a whole answer stand as they are", () => {
  const said = final({ inputTokens: 7n, cachedInputTokens: 3n, outputTokens: 20n, reasoningTokens: 4n });
  const settled = settle(said, delivered(...words(16)));
  assert.deepEqual(settled, { usage: said.usage, source: PROVIDER, counted: undefined });
  assert.equal(settle(said, delivered(...words(16)), true).source, DRAINED);
});

test("nothing said: prompt and answer are counted", () => {
  const settled = settle({ usage: undefined, final: false, covers: false }, delivered(...words(16)));
  assert.deepEqual([settled.usage?.inputTokens, settled.usage?.outputTokens], [PROMPT, 16n]);
  assert.deepEqual([settled.source, settled.counted], [COUNTED, "missing"]);
});

test("zero while text was delivered is not free", () => {
  const settled = settle(final({ inputTokens: 0n, outputTokens: 0n }), delivered(...words(16)));
  assert.deepEqual([settled.usage?.inputTokens, settled.usage?.outputTokens], [PROMPT, 16n]);
  assert.deepEqual([settled.source, settled.counted], [COUNTED, "contradicted"]);
  const inputOnly = settle(final({ inputTokens: 9n, outputTokens: 0n }), delivered(...words(16)));
  assert.deepEqual([inputOnly.usage?.inputTokens, inputOnly.usage?.outputTokens], [9n, 16n]);
});

test("zero for an answer without content is zero", () => {
  const settled = settle(final({ inputTokens: 0n, outputTokens: 0n }), delivered());
  assert.deepEqual([settled.usage?.inputTokens, settled.usage?.outputTokens, settled.source], [0n, 0n, PROVIDER]);
});

test("fewer tokens than the text can have are not believed, a plausible few are", () => {
  const [long = ""] = [words(600).join("")];
  assert.equal(settle(final({ inputTokens: 7n, outputTokens: 20n }), delivered(long)).usage?.outputTokens, 600n);
  assert.equal(settle(final({ inputTokens: 7n, outputTokens: 450n }), delivered(long)).source, PROVIDER);
  assert.equal(settle(final({ inputTokens: 7n, outputTokens: 14n }), delivered(...words(16))).source, PROVIDER);
});

test("a prompt that was read from a cache, or was sound, is a prompt", () => {
  for (const usage of [{ cachedInputTokens: 9n }, { cacheWrite1hTokens: 9n }, { inputAudioTokens: 9n }]) {
    const settled = settle(final({ inputTokens: 0n, outputTokens: 3n, ...usage }), delivered("one two three"));
    assert.deepEqual([settled.usage?.inputTokens, settled.source], [0n, PROVIDER]);
  }
});

test("of a cut answer the provider's prompt stands, classes and all, and the answer is counted", () => {
  const usage = Usage.fromPartial({ inputTokens: 3n, cachedInputTokens: 90n, outputTokens: 1n });
  const settled = settle({ usage, final: false, covers: false }, delivered(...words(16)));
  assert.deepEqual(
    [settled.usage?.inputTokens, settled.usage?.cachedInputTokens, settled.usage?.outputTokens],
    [3n, 90n, 16n],
  );
  assert.deepEqual([settled.source, settled.counted], [COUNTED, "partial"]);
});

test("figures that cover what a cut answer delivered stand, marked", () => {
  const usage = Usage.fromPartial({ inputTokens: 3n, outputTokens: 17n });
  const settled = settle({ usage, final: false, covers: true }, delivered(...words(16)));
  assert.deepEqual([settled.usage?.outputTokens, settled.source, settled.counted], [17n, COUNTED, "partial"]);
});

test("whatever is said, the bill has an input and no less output than the answer can have", () => {
  const figure = fc.option(fc.bigInt({ min: 0n, max: 2_000n }), { nil: undefined });
  const usages = fc.record({ inputTokens: figure, outputTokens: figure, outputAudioTokens: figure });
  fc.assert(
    fc.property(usages, fc.boolean(), fc.boolean(), fc.nat(100), (usage, whole, covers, count) => {
      const content = delivered(...words(count));
      const said = { usage: Usage.fromPartial(usage), final: whole, covers };
      const { usage: billed } = settle(said, content);
      const output = (billed?.outputTokens ?? 0n) + (billed?.outputAudioTokens ?? 0n);
      assert.ok(output >= content.floor && output >= (usage.outputTokens ?? 0n));
      if (count > 0) assert.ok((billed?.inputTokens ?? 0n) > 0n);
      if (!covers) assert.ok(output >= BigInt(count));
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import fc from "fast-check";
import { countUsage, Delivered, estimateInput } from "./count.ts";
import { chatOf } from "./testing/world.ts";

const textChunk = (value: string): ChatChunk => ({ choice: 0, event: { $case: "text", value }, extraJson: "" });

test("the count is never below the deltas delivered nor a third of their bytes, however they were cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 })), (pieces) => {
      const delivered = new Delivered();
      for (const piece of pieces) assert.equal(delivered.add(textChunk(piece)), true);
      assert.ok(delivered.tokens >= BigInt(pieces.length));
      assert.ok(delivered.tokens * 3n >= BigInt(Buffer.byteLength(pieces.join(""))));
    }),
  );
});

test("starts, ends and figures are not content", () => {
  const delivered = new Delivered();
  const finish: ChatChunk = {
    choice: 0,
    event: { $case: "finish", value: { reason: 1, rawReason: "stop", stopSequence: "" } },
    extraJson: "",
  };
  assert.equal(delivered.add(finish), false);
  assert.equal(delivered.tokens, 0n);
});

test("the prompt's estimate stays within what the hold covers", () => {
  assert.equal(estimateInput(chatOf("x".repeat(300)), 0n), 104n);
  assert.equal(estimateInput(chatOf("x".repeat(300)), 50n), 50n);
  const usage = countUsage(chatOf("hi"), 100n, new Delivered());
  assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.cachedInputTokens], [5n, 0n, undefined]);
});

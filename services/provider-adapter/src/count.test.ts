import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChatChunk, ToolCallDelta } from "@sluice/proto/chat/v1/chat";
import fc from "fast-check";
import { countUsage, Delivered, estimateInput } from "./count.ts";
import { chatOf } from "./testing/world.ts";
import { tokensOf } from "./text-tokens.ts";

const chunkOf = (event: ChatChunk["event"], extraJson = ""): ChatChunk => ({ choice: 0, event, extraJson });
const textChunk = (value: string): ChatChunk => chunkOf({ $case: "text", value });

test("the count is never below the deltas delivered nor below their text's tokens, however they were cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 })), (pieces) => {
      const delivered = new Delivered();
      for (const piece of pieces) assert.equal(delivered.add(textChunk(piece)), true);
      assert.ok(delivered.tokens >= BigInt(pieces.length));
      assert.ok(delivered.tokens >= BigInt(tokensOf(pieces.join(""))));
      assert.ok(delivered.floor <= delivered.tokens);
      assert.equal(delivered.floor > 0n, pieces.length > 0);
    }),
  );
});

test("starts, ends and figures are not content", () => {
  const delivered = new Delivered();
  const finish = chunkOf({ $case: "finish", value: { reason: 1, rawReason: "stop", stopSequence: "" } });
  assert.equal(delivered.add(finish), false);
  assert.deepEqual([delivered.tokens, delivered.floor], [0n, 0n]);
});

test("what a provider adds beside the answer is content, but not the model's words", () => {
  const delivered = new Delivered();
  assert.equal(delivered.add(chunkOf(undefined, JSON.stringify({ sources: "x y ".repeat(5_000) }))), true);
  assert.deepEqual([delivered.tokens, delivered.floor], [1n, 0n]);
});

test("a tool call has the tokens of its name, its arguments and its frame", () => {
  const delivered = new Delivered();
  const call = (name: string, argumentsJson: string): ChatChunk =>
    chunkOf({ $case: "toolCall", value: ToolCallDelta.create({ name, argumentsJson }) });
  delivered.add(call("get_weather", ""));
  delivered.add(call("", '{"city":'));
  delivered.add(call("", '"Paris"}'));
  assert.ok(delivered.tokens >= BigInt(tokensOf('get_weather{"city":"Paris"}')) + 10n);
});

test("the prompt's estimate stays within what the hold covers", () => {
  const text = "word ".repeat(100);
  assert.equal(estimateInput(chatOf(text), 0n), BigInt(tokensOf(text)) + 4n);
  assert.equal(estimateInput(chatOf(text), 50n), 50n);
  const usage = countUsage(chatOf("hi"), 100n, new Delivered());
  assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.cachedInputTokens], [5n, 0n, undefined]);
});

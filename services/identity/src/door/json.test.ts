import assert from "node:assert/strict";
import { test } from "node:test";
import { doorJson } from "./json.ts";

test("names are the contract's own, numbers in them included; amounts are text, moments are numbers", () => {
  const usage = { cacheWrite5mTokens: 2n ** 53n + 1n, cachedInputTokens: 0n, outputTokens: undefined };
  assert.deepEqual(doorJson({ startedAtMs: 5n, usage, byModel: [{ attemptId: "a" }] }), {
    started_at_ms: 5,
    usage: { cache_write_5m_tokens: "9007199254740993", cached_input_tokens: "0" },
    by_model: [{ attempt_id: "a" }],
  });
});

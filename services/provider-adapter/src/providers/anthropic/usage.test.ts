import assert from "node:assert/strict";
import { test } from "node:test";
import { mapUsage } from "./usage.ts";

function classes(wire: unknown) {
  const { usage, problems } = mapUsage(wire);
  if (usage === undefined) return { usage, problems: problems.length };
  const { rawJson, serverToolCalls, ...counts } = usage;
  assert.deepEqual(JSON.parse(rawJson), wire);
  return {
    counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined)),
    ...(Object.keys(serverToolCalls).length > 0 && { serverToolCalls }),
    problems: problems.length,
  };
}

const BASE = { input_tokens: 10, output_tokens: 5 };
const COUNTS = { inputTokens: 10n, outputTokens: 5n };

test("classes are disjoint already, and absent is not zero", () => {
  assert.deepEqual(classes(BASE), { counts: COUNTS, problems: 0 });
  const wire = {
    ...BASE,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 9,
    cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 },
    output_tokens_details: { thinking_tokens: 3 },
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0, odd: "x" },
    service_tier: "standard",
  };
  assert.deepEqual(classes(wire), {
    counts: { ...COUNTS, cachedInputTokens: 0n, cacheWrite5mTokens: 4n, cacheWrite1hTokens: 5n, reasoningTokens: 3n },
    serverToolCalls: { web_search: 2n },
    problems: 0,
  });
});

test("cache writes are split by life as far as the split is told", () => {
  const writes = (wire: object) => {
    const { usage, problems } = mapUsage({ ...BASE, ...wire });
    return [usage?.cacheWrite5mTokens, usage?.cacheWrite1hTokens, problems.length];
  };
  const split = (minutes: number, hour: number) => ({
    cache_creation: { ephemeral_5m_input_tokens: minutes, ephemeral_1h_input_tokens: hour },
  });
  assert.deepEqual(writes({ cache_creation_input_tokens: 9 }), [9n, undefined, 0]);
  assert.deepEqual(writes({ cache_creation_input_tokens: 9, cache_creation: null }), [9n, undefined, 0]);
  assert.deepEqual(writes({ cache_creation_input_tokens: 12, ...split(4, 5) }), [7n, 5n, 0]);
  assert.deepEqual(writes(split(4, 5)), [4n, 5n, 0]);
  assert.deepEqual(writes({ cache_creation_input_tokens: 3, ...split(0, 5) }), [0n, 3n, 1]);
});

test("figures that cannot be true count as not reported", () => {
  for (const wire of [
    {},
    { input_tokens: 3 },
    { input_tokens: -3, output_tokens: 1 },
    { input_tokens: 3, output_tokens: 1.5 },
    { input_tokens: 2 ** 60, output_tokens: 1 },
    { input_tokens: "3", output_tokens: 1 },
    { input_tokens: null, output_tokens: null },
  ]) {
    assert.deepEqual(classes(wire), { usage: undefined, problems: 1 }, JSON.stringify(wire));
  }
  assert.deepEqual(classes("none"), { usage: undefined, problems: 0 });
});

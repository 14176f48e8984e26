import assert from "node:assert/strict";
import { test } from "node:test";
import { mapUsage } from "./usage.ts";

function classes(wire: unknown, rules = {}) {
  const { usage, problems } = mapUsage(wire, rules);
  if (usage === undefined) return { usage, problems: problems.length };
  const { rawJson, serverToolCalls, ...counts } = usage;
  assert.deepEqual([JSON.parse(rawJson), serverToolCalls], [wire, {}]);
  return {
    counts: Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined)),
    problems: problems.length,
  };
}

test("overlapping totals become disjoint classes", () => {
  const wire = {
    prompt_tokens: 100,
    completion_tokens: 50,
    total_tokens: 150,
    prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 20, audio_tokens: 10, image_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 15, audio_tokens: 12 },
  };
  assert.deepEqual(classes(wire), {
    counts: {
      inputTokens: 40n,
      cachedInputTokens: 30n,
      cacheWrite5mTokens: 20n,
      inputAudioTokens: 10n,
      outputTokens: 38n,
      reasoningTokens: 15n,
      outputAudioTokens: 12n,
    },
    problems: 0,
  });
});

test("absent is not zero, and zero is not absent", () => {
  assert.deepEqual(classes({ prompt_tokens: 3, completion_tokens: 0 }), {
    counts: { inputTokens: 3n, outputTokens: 0n },
    problems: 0,
  });
  const zero = {
    prompt_tokens: 3,
    completion_tokens: 1,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: null,
  };
  assert.deepEqual(classes(zero), {
    counts: { inputTokens: 3n, cachedInputTokens: 0n, outputTokens: 1n },
    problems: 0,
  });
});

test("where reasoning comes on top of the completion it is added once", () => {
  const wire = { prompt_tokens: 3, completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 10 } };
  assert.deepEqual(classes(wire, { reasoningIsExtra: true }), {
    counts: { inputTokens: 3n, outputTokens: 14n, reasoningTokens: 10n },
    problems: 0,
  });
});

test("figures that cannot be true count as not reported", () => {
  for (const wire of [
    {},
    { prompt_tokens: 3 },
    { prompt_tokens: -3, completion_tokens: 1 },
    { prompt_tokens: 3, completion_tokens: 1.5 },
    { prompt_tokens: 2 ** 60, completion_tokens: 1 },
    { prompt_tokens: "3", completion_tokens: 1 },
    { prompt_tokens: null, completion_tokens: null },
  ]) {
    assert.deepEqual(classes(wire), { usage: undefined, problems: 1 }, JSON.stringify(wire));
  }
  assert.deepEqual(classes("none"), { usage: undefined, problems: 0 });
  const inconsistent = { prompt_tokens: 3, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 9 } };
  assert.deepEqual(classes(inconsistent), {
    counts: { inputTokens: 0n, cachedInputTokens: 9n, outputTokens: 1n },
    problems: 1,
  });
});

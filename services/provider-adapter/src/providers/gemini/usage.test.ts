import assert from "node:assert/strict";
import { test } from "node:test";
import { mapUsage } from "./usage.ts";

function classes(wire: object, complete = true) {
  const { usage, problems } = mapUsage(wire, complete);
  const picked = usage && [
    usage.inputTokens,
    usage.cachedInputTokens,
    usage.inputAudioTokens,
    usage.outputTokens,
    usage.reasoningTokens,
  ];
  return { picked, problems, usage };
}

test("classes are disjoint: cached and audio come out of the prompt, thoughts go into the output", () => {
  const wire = {
    promptTokenCount: 100,
    cachedContentTokenCount: 40,
    toolUsePromptTokenCount: 7,
    candidatesTokenCount: 10,
    thoughtsTokenCount: 5,
    totalTokenCount: 122,
    promptTokensDetails: [
      { modality: "TEXT", tokenCount: 70 },
      { modality: "AUDIO", tokenCount: 30 },
    ],
    cacheTokensDetails: [{ modality: 4, tokenCount: 10 }],
    candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: 4 }],
  };
  const { picked, problems, usage } = classes(wire);
  assert.deepEqual(picked, [47n, 40n, 20n, 11n, 5n]);
  assert.equal(usage?.outputAudioTokens, 4n);
  assert.deepEqual(problems, []);
});

test("a count of zero is left out on the wire: the total tells", () => {
  assert.deepEqual(classes({ promptTokenCount: 8, totalTokenCount: 8 }).picked, [
    8n,
    undefined,
    undefined,
    0n,
    undefined,
  ]);
  const thinking = { promptTokenCount: 8, thoughtsTokenCount: 90, totalTokenCount: 98 };
  assert.deepEqual(classes(thinking).picked, [8n, undefined, undefined, 90n, 90n]);
  assert.equal(classes(thinking, false).usage, undefined, "an answer that was cut has not been counted");
  assert.deepEqual(classes({ promptTokenCount: 8, candidatesTokenCount: 2 }, false).picked?.[3], 2n);
});

test("absent is not zero, and what cannot be believed is told", () => {
  assert.deepEqual(classes({ trafficType: "ON_DEMAND" }), { picked: undefined, problems: [], usage: undefined });
  assert.equal(classes({ promptTokenCount: 8 }).problems.length, 1);
  assert.equal(classes({ promptTokenCount: -1, candidatesTokenCount: 1 }).problems.length, 1);
  const odd = classes({ promptTokenCount: 8, cachedContentTokenCount: 9, candidatesTokenCount: 1 });
  assert.deepEqual([odd.picked?.[0], odd.problems.length], [0n, 1]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReasoningOptions } from "@sluice/proto/chat/v1/chat";
import { modelOf } from "../models.ts";
import { Warnings } from "../openai/warnings.ts";
import { mapThinking, thinkingOf } from "./thinking.ts";

function map(id: string, wish: ReasoningOptions, capabilities: readonly string[] = []) {
  const warnings = new Warnings("g");
  const config = mapThinking(wish, thinkingOf(modelOf("g", { id, capabilities })), warnings);
  return [config, warnings.list().length] as const;
}

test("the second generation thinks by tokens, the third by a word", () => {
  const shown = { includeThoughts: true };
  assert.deepEqual(map("gemini-2.5-flash", { effort: "medium" }), [{ thinkingBudget: 8_192, ...shown }, 0]);
  assert.deepEqual(map("gemini-2.5-flash", { effort: "none" }), [{ thinkingBudget: 0 }, 0]);
  assert.deepEqual(map("gemini-2.5-pro", { effort: "none" }), [{ thinkingBudget: 128 }, 1]);
  assert.deepEqual(map("gemini-2.5-pro", { maxTokens: 99_999n }), [{ thinkingBudget: 32_768, ...shown }, 1]);
  assert.deepEqual(map("gemini-2.5-flash-lite", { maxTokens: 600n, include: false }), [{ thinkingBudget: 600 }, 0]);
  assert.deepEqual(map("gemini-3-flash-preview", { effort: "minimal" }), [{ thinkingLevel: "MINIMAL", ...shown }, 0]);
  assert.deepEqual(map("gemini-3-pro-preview", { effort: "medium" }), [{ thinkingLevel: "HIGH", ...shown }, 1]);
  assert.deepEqual(map("gemini-3.1-pro-preview", { effort: "none" }), [{ thinkingLevel: "LOW" }, 1]);
  assert.deepEqual(map("gemini-3.6-flash", { maxTokens: 2_000n }), [{ thinkingLevel: "MEDIUM", ...shown }, 1]);
  assert.deepEqual(map("gemini-12-ultra", { effort: "max" }), [{ thinkingLevel: "HIGH", ...shown }, 0]);
});

test("models that do not think are asked for nothing, unknown ones by what they are said to do", () => {
  assert.deepEqual(map("gemini-2.0-flash", { effort: "high" }), [undefined, 1]);
  assert.deepEqual(map("gemini-2.5-flash-image", { effort: "none" }), [undefined, 0]);
  assert.deepEqual(map("reasoner", { effort: "low" }, ["reasoning"])[0], {
    thinkingLevel: "LOW",
    includeThoughts: true,
  });
  assert.deepEqual(map("small", { effort: "low" }), [undefined, 1]);
  assert.deepEqual(map("gemini-2.5-flash", { effort: "huge", include: true }), [{ includeThoughts: true }, 1]);
  assert.equal(
    mapThinking(undefined, thinkingOf(modelOf("g", { id: "gemini-2.5-pro" })), new Warnings("g")),
    undefined,
  );
});

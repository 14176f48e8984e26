import assert from "node:assert/strict";
import { test } from "node:test";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { CatalogModel as Model } from "@sluice/proto/provider/v1/provider_service";
import { TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import { boundTask } from "./task-bound.ts";

const texts = { expected: 5, tokens: 7, method: "bytes", unbounded: [], lesson: undefined } as const;
type Rule = Parameters<typeof Model.fromPartial>[0];
const model = (taskBound: NonNullable<Rule>["taskBound"], more: Rule = {}): CatalogModel =>
  Model.fromPartial({ ...more, taskBound });
const ask = (task: NonNullable<Parameters<typeof TaskRequest.fromPartial>[0]>["task"]): TaskRequest =>
  TaskRequest.fromPartial({ task });

test("tokens that come as numbers are counted beside the texts", () => {
  const request = ask({
    $case: "embeddings",
    value: { inputs: [{ kind: { $case: "tokens", value: { ids: [1, 2, 3] } } }] },
  });
  const { input, output, units } = boundTask(request, model(undefined), texts);
  assert.deepEqual([input.tokens, output.tokens, units.images], [10, 0, undefined]);
});

test("searches are counted by documents, long ones by their pieces", () => {
  const rule = { unit: "searches", documentsPerSearch: 100 };
  const searches = (documents: string[], maxTokensPerDocument?: number) =>
    boundTask(ask({ $case: "rerank", value: { query: "why", documents, maxTokensPerDocument } }), model(rule), texts);
  assert.equal(searches(["a", "b"]).units.searches, 1n);
  assert.equal(searches(["a", "b"]).input.tokens, 0);
  assert.equal(searches(Array.from({ length: 101 }, () => "a")).units.searches, 2n);
  assert.equal(searches(Array.from({ length: 100 }, () => "a".repeat(500))).units.searches, 2n);
  assert.equal(
    searches(
      Array.from({ length: 100 }, () => "a".repeat(9_000)),
      400,
    ).units.searches,
    1n,
  );
});

test("an image is held at the dearest that its size and quality can be", () => {
  const images = [
    { size: "1024x1024", quality: "low", tokens: 272n },
    { size: "1024x1024", quality: "high", tokens: 4_160n },
    { size: "1536x1024", quality: "high", tokens: 6_208n },
  ];
  const held = (value: { size?: string; quality?: string; n?: number }) =>
    boundTask(ask({ $case: "image", value: { prompt: "x", ...value } }), model({ unit: "tokens", images }), texts);
  assert.equal(held({ size: "1024x1024", quality: "low", n: 3 }).output.tokens, 816);
  assert.equal(held({ size: "1024x1024", quality: "auto" }).output.tokens, 4_160);
  assert.equal(held({}).output.tokens, 6_208);
  assert.equal(held({ size: "9x9" }).output.tokens, 6_208);
  const flat = boundTask(ask({ $case: "image", value: { prompt: "x", n: 2 } }), model({ unit: "images" }), texts);
  assert.equal(flat.units.images, 2n);
  const unknown = boundTask(ask({ $case: "image", value: { prompt: "x" } }), model({ unit: "tokens" }), texts);
  assert.deepEqual(unknown.input.unbounded, ["image"]);
});

test("sound is bounded by its length, or not at all", () => {
  const request = (durationMs?: bigint) => ask({ $case: "transcription", value: { durationMs } });
  const byTime = model({ unit: "audio_ms" });
  assert.equal(boundTask(request(1_500n), byTime, texts).units.audioMs, 1_500n);
  assert.deepEqual(boundTask(request(), byTime, texts).input.unbounded, ["sound of unknown length"]);
  const byTokens = model({ unit: "tokens", audioTokensPermille: 20_000 }, { maxOutputTokens: 2_000n });
  const known = boundTask(request(1_500n), byTokens, texts);
  assert.deepEqual([known.units.inputAudioTokens, known.output.tokens], [30n, 2_000]);
  assert.deepEqual(boundTask(request(), byTokens, texts).input.unbounded, ["sound of unknown length"]);
});

test("speech is bounded by its characters", () => {
  const request = ask({ $case: "speech", value: { input: "hello" } });
  assert.equal(boundTask(request, model({ unit: "characters" }), texts).units.characters, 5n);
  const byTokens = model({ unit: "tokens", audioTokensPermille: 4_000 });
  assert.equal(boundTask(request, byTokens, texts).units.outputAudioTokens, 20n);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskBound } from "@sluice/proto/provider/v1/provider_service";
import { TaskRequest, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import { countTask } from "./count-task.ts";

type Asked = NonNullable<NonNullable<Parameters<typeof TaskRequest.fromPartial>[0]>["task"]>;
type Rule = NonNullable<Parameters<typeof TaskBound.fromPartial>[0]>;

/** The classes that are charged, without those that nothing was used of. */
function counted(task: Asked, rule: Rule | undefined, result?: TaskResult, bound = 0n): Record<string, bigint> {
  const planned = {
    request: TaskRequest.fromPartial({ task }),
    bound: rule === undefined ? undefined : TaskBound.fromPartial(rule),
  };
  const usage = countTask(planned, result, bound);
  return Object.fromEntries(
    Object.entries(usage).filter((entry): entry is [string, bigint] => typeof entry[1] === "bigint"),
  );
}

const text = (value: string) => ({ kind: { $case: "text" as const, value } });

test("texts and token numbers are counted, but never above what is held", () => {
  const tokens = { kind: { $case: "tokens" as const, value: { ids: [1, 2, 3] } } };
  const both = counted({ $case: "embeddings", value: { inputs: [text("hello world"), tokens] } }, undefined);
  assert.ok((both["inputTokens"] ?? 0n) >= 5n);
  assert.deepEqual(Object.keys(both), ["inputTokens"]);
  const held = counted({ $case: "embeddings", value: { inputs: [text("hello world")] } }, undefined, undefined, 2n);
  assert.equal(held["inputTokens"], 2n);
});

test("each model is counted by the unit that it is billed by, and by nothing else", () => {
  const transcription = { $case: "transcription", value: { durationMs: 2_500n } } as const;
  const speech = { $case: "speech", value: { input: "héllo" } } as const;
  const cases: readonly (readonly [Asked, Rule, Record<string, bigint>])[] = [
    [{ $case: "rerank", value: { query: "q", documents: ["a"] } }, { unit: "searches" }, { searches: 1n }],
    [{ $case: "image", value: { prompt: "x", n: 3 } }, { unit: "images" }, { images: 3n }],
    [speech, { unit: "characters" }, { characters: 5n }],
    [transcription, { unit: "audio_ms" }, { audioMs: 2_500n }],
    [transcription, { unit: "audio_ms", minimumAudioMs: 10_000n }, { audioMs: 10_000n }],
  ];
  for (const [task, rule, wanted] of cases) assert.deepEqual(counted(task, rule), wanted, task.$case);
});

test("a recording of unknown length is not free", () => {
  const audio = new Uint8Array(40_000);
  const used = counted({ $case: "transcription", value: { audio } }, { unit: "audio_ms" });
  assert.deepEqual(used, { audioMs: 10_000n });
});

test("images that were made are counted at their quality, those that were asked for if none came", () => {
  const rule = { unit: "tokens", images: [{ size: "", quality: "low", tokens: 100n }] };
  const asked = { $case: "image", value: { prompt: "x", n: 3, quality: "low" } } as const;
  const made = TaskResult.fromPartial({ result: { $case: "image", value: { images: [{ revisedPrompt: "" }] } } });
  assert.equal(counted(asked, rule, made)["outputImageTokens"], 100n);
  assert.equal(counted(asked, rule)["outputImageTokens"], 300n);
});

test("a size or quality that nobody knows counts as the dearest, not as nothing", () => {
  const rule = { unit: "tokens", images: [{ size: "1024x1024", quality: "low", tokens: 100n }] };
  for (const odd of [{ size: "2048x2048" }, { quality: "ultra" }])
    assert.equal(counted({ $case: "image", value: { prompt: "x", ...odd } }, rule)["outputImageTokens"], 100n);
});

test("searches that nobody counted are as many as the documents make", () => {
  const rule = { unit: "searches", documentsPerSearch: 100 };
  const searches = (count: number) =>
    counted({ $case: "rerank", value: { query: "q", documents: Array.from({ length: count }, () => "a") } }, rule);
  assert.deepEqual([searches(100), searches(250)], [{ searches: 1n }, { searches: 3n }]);
});

test("a query counts with each document", () => {
  const query = "why is the sky blue ".repeat(5_000);
  const of = (documents: string[]): bigint =>
    counted({ $case: "rerank", value: { query, documents } }, undefined)["inputTokens"] ?? 0n;
  const one = of(["a"]);
  assert.equal(of(Array.from({ length: 2_000 }, () => "a")), one * 2_000n);
});

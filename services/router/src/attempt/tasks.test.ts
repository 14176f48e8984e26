import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { chatOfTask } from "@sluice/platform/tasks";
import type { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import type { GenerateRequest, GenerateResponse } from "@sluice/proto/provider/v1/provider_service";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { TaskRequest, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import { fakeWorld, routedRequest, tail } from "../testing/fakes.ts";
import { runAttempts } from "../testing/run-attempts.ts";
import { faultOf } from "./judge-result.ts";

const task = TaskRequest.fromPartial({
  model: "a/good",
  task: {
    $case: "embeddings",
    value: { inputs: ["one", "two"].map((value) => ({ kind: { $case: "text" as const, value } })) },
  },
});
const vectors = (...values: number[][]): TaskResult =>
  TaskResult.fromPartial({
    result: { $case: "embeddings", value: { vectors: values.map((each) => ({ values: each })) } },
  });
const result = (value: TaskResult): GenerateResponse => ({ message: { $case: "result", value } });

async function* messages(...list: GenerateResponse[]): AsyncGenerator<GenerateResponse> {
  yield* list;
}

async function run(generate: (request: GenerateRequest) => AsyncIterable<GenerateResponse>, models: readonly string[]) {
  const world = fakeWorld({ generate });
  const request = { ...routedRequest({ models }), chat: chatOfTask(task), task };
  const seen: RouteResponse[] = [];
  try {
    for await (const message of runAttempts(world.dependencies, request, Promise.resolve())) seen.push(message);
    return { world, seen, error: undefined };
  } catch (thrown) {
    return { world, seen, error: SluiceError.from(thrown) };
  }
}

test("a result goes out whole, between its head and its summary, with nobody judging words", async () => {
  const asked: GenerateRequest[] = [];
  const { world, seen } = await run(
    (request) => {
      asked.push(request);
      return messages(result(vectors([1, 2], [3, 4])), tail({ usage: { inputTokens: 2n } }));
    },
    ["good"],
  );
  assert.deepEqual(
    seen.map(({ message }) => message?.$case),
    ["head", "result", "summary"],
  );
  assert.equal(world.checks.length, 0);
  assert.deepEqual([asked[0]?.task, asked[0]?.chat], [task, undefined]);
  const [hold] = world.holds;
  assert.deepEqual([hold?.inputTokenBound, hold?.outputTokenBound, hold?.n], [14n, 0n, 1]);
});

test("an answer that cannot be used fails over like a failure, and is paid for", async () => {
  const { world, seen } = await run(
    ({ model }) =>
      messages(result(model === "good" ? vectors([1], [2]) : vectors([1])), tail({ usage: { inputTokens: 2n } })),
    ["bad", "good"],
  );
  const finished = world.published.flatMap(({ type, payload }) =>
    type === "attempt.finished" ? [payload as AttemptFinished] : [],
  );
  assert.deepEqual(
    finished.map(({ model, outcome, verdict }) => [model, outcome, verdict]),
    [
      ["bad", "rejected", "fail"],
      ["good", "delivered", "pass"],
    ],
  );
  const last = seen.at(-1)?.message;
  assert.ok(last?.$case === "summary");
  assert.equal(last.value.costNanousd, 14n);
});

test("an answer without a result is none", async () => {
  const { error, seen } = await run(() => messages(tail({ usage: { inputTokens: 2n } })), ["bad"]);
  assert.deepEqual([error?.code, seen.length], ["upstream_bad_response", 0]);
});

test("vectors must be as many as inputs, of one length, and of numbers", () => {
  assert.equal(faultOf(task, vectors([1, 2], [3, 4])), undefined);
  assert.match(faultOf(task, vectors([1, 2])) ?? "", /1 vectors instead of 2/);
  assert.match(faultOf(task, vectors([1, 2], [3])) ?? "", /1 components instead of 2/);
  assert.match(faultOf(task, vectors([1], [Number.NaN])) ?? "", /no numbers/);
  assert.match(faultOf(task, vectors([], [])) ?? "", /empty/);
  const three = TaskRequest.fromPartial({
    task: {
      $case: "embeddings",
      value: { inputs: [{ kind: { $case: "text", value: "x" } }], dimensions: 3 },
    },
  });
  assert.match(faultOf(three, vectors([1, 2])) ?? "", /2 components instead of 3/);
});

test("a rerank names each document it was given at most once", () => {
  const ask = (topN?: number): TaskRequest =>
    TaskRequest.fromPartial({ task: { $case: "rerank", value: { query: "q", documents: ["a", "b", "c"], topN } } });
  const order = (...places: readonly (readonly [number, number])[]): TaskResult =>
    TaskResult.fromPartial({
      result: { $case: "rerank", value: { documents: places.map(([index, score]) => ({ index, score })) } },
    });
  assert.equal(faultOf(ask(2), order([2, 0.9], [0, 0.1])), undefined);
  assert.match(faultOf(ask(2), order([3, 0.9], [0, 0.1])) ?? "", /a document 3 of 3/);
  assert.match(faultOf(ask(2), order([1, 0.9], [1, 0.1])) ?? "", /twice/);
  assert.match(faultOf(ask(), order([1, 0.9])) ?? "", /1 documents instead of 3/);
  assert.match(faultOf(ask(1), order([1, Number.NaN])) ?? "", /no number/);
});

test("an image answer without an image is none", () => {
  const ask = TaskRequest.fromPartial({ task: { $case: "image", value: { prompt: "a cat" } } });
  const images = (...urls: string[]): TaskResult =>
    TaskResult.fromPartial({
      result: {
        $case: "image",
        value: { images: urls.map((value) => ({ source: { $case: "url" as const, value } })) },
      },
    });
  assert.equal(faultOf(ask, images("https://example.com/a.png")), undefined);
  assert.match(faultOf(ask, images("")) ?? "", /missing/);
  assert.match(faultOf(ask, images()) ?? "", /0 images instead of 1/);
});

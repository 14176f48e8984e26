import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import type { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import type { GenerateResponse } from "@sluice/proto/provider/v1/provider_service";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { Level, Phase } from "@sluice/proto/validator/v1/validator_service";
import { batch, type FakeWorld, fakeWorld, finish, grant, routedRequest, tail, text } from "../testing/fakes.ts";
import { runAttempts } from "../testing/run-attempts.ts";
import type { EngineDependencies, RoutedRequest } from "./types.ts";

const words = Array.from({ length: 10 }, (_, index) => text(`word${index} `));

async function* messages(...list: GenerateResponse[]): AsyncGenerator<GenerateResponse> {
  yield* list;
}

async function run(dependencies: EngineDependencies, request: RoutedRequest, decided = Promise.resolve()) {
  const seen: RouteResponse[] = [];
  try {
    for await (const message of runAttempts(dependencies, request, decided)) seen.push(message);
    return { seen, error: undefined };
  } catch (thrown) {
    return { seen, error: SluiceError.from(thrown) };
  }
}

const finished = (world: FakeWorld) =>
  world.published.filter(({ type }) => type === "attempt.finished").map(({ payload }) => payload as AttemptFinished);
const told = (world: FakeWorld) => finished(world).map(({ ordinal, outcome, last }) => [ordinal, outcome, last]);
const kinds = (seen: readonly RouteResponse[]) => seen.map(({ message }) => message?.$case);

test("a caller who leaves while the decision is stored leaves no hold behind, and nothing is sent", async () => {
  const left = new AbortController();
  const world = fakeWorld({ generate: () => assert.fail("the provider must not be called") });
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = run(world.dependencies, routedRequest({ signal: left.signal }), promise);
  await new Promise(setImmediate);
  left.abort();
  resolve();
  assert.equal((await running).error?.code, "cancelled");
  assert.deepEqual(world.voided, ["att_1"]);
  assert.deepEqual(told(world), [[1, "cancelled", true]]);
});

test("an answer whose time is over before it is asked for is not asked for", async () => {
  const world = fakeWorld({ generate: () => assert.fail("the provider must not be called"), now: () => 5_000 });
  const { error } = await run(world.dependencies, { ...routedRequest(), deadlineAt: 5_000 });
  assert.equal(error?.code, "timeout");
  assert.deepEqual(world.voided, ["att_1"]);
});

test("a caller who leaves while the hold is asked for ends the story too", async () => {
  const left = new AbortController();
  const world = fakeWorld({
    generate: () => assert.fail("the provider must not be called"),
    hold: (request) => {
      left.abort();
      return grant(request);
    },
  });
  await run(world.dependencies, routedRequest({ signal: left.signal }));
  assert.deepEqual(world.voided, ["att_1"]);
  assert.deepEqual(told(world), [[1, "cancelled", true]]);
});

test("a caller who leaves in the wait for the next attempt ends the story as that attempt's", async () => {
  const left = new AbortController();
  const error = new SluiceError("upstream_overloaded", "busy");
  const world = fakeWorld({
    generate: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }),
  });
  const pause = () => {
    left.abort();
    return Promise.reject(new DOMException("left", "AbortError"));
  };
  await run({ ...world.dependencies, pause }, routedRequest({ signal: left.signal }));
  assert.deepEqual(told(world), [
    [1, "failed", false],
    [2, "cancelled", true],
  ]);
  assert.equal(world.holds.length, 1);
});

for (const phase of [Phase.PHASE_WINDOW, Phase.PHASE_FINAL]) {
  test(`a caller who leaves during a judgement got nothing, and nobody is blamed (phase ${phase})`, async () => {
    const left = new AbortController();
    const world = fakeWorld({
      generate: () => messages(batch(...words), batch(finish), tail()),
      check: () => {
        left.abort();
        return Promise.reject(new SluiceError("cancelled", "left"));
      },
    });
    const request = routedRequest({ signal: left.signal, stream: phase === Phase.PHASE_WINDOW });
    const { seen, error } = await run(world.dependencies, request);
    assert.deepEqual([kinds(seen), error?.code], [[], "cancelled"]);
    const [fact] = finished(world);
    assert.deepEqual([fact?.outcome, fact?.committed, fact?.verdict], ["cancelled", false, ""]);
  });
}

test("who stops reading after the summary has got the whole answer", async () => {
  const world = fakeWorld({ generate: () => messages(batch(...words, finish), tail()) });
  for await (const { message } of runAttempts(world.dependencies, routedRequest(), Promise.resolve()))
    if (message?.$case === "summary") break;
  assert.deepEqual(told(world), [[1, "delivered", true]]);
});

for (const level of [Level.LEVEL_OFF, Level.LEVEL_GUARD]) {
  test(`what goes wrong after the closing message changes nothing about the answer (level ${level})`, async () => {
    const broken = async function* () {
      yield* [batch(...words, finish), tail(), batch(text("too late"))];
      throw new SluiceError("unavailable", "the connection to the adapter is gone");
    };
    const world = fakeWorld({ generate: broken });
    const { seen, error } = await run(world.dependencies, routedRequest({ level }));
    assert.equal(error, undefined);
    assert.deepEqual(kinds(seen), ["head", "batch", "summary"]);
    const last = seen.at(-1)?.message;
    assert.ok(last?.$case === "summary");
    assert.equal(last.value.error, undefined);
    assert.deepEqual(told(world), [[1, "delivered", true]]);
  });
}

test("a caller who leaves before the adapter's first word gives the hold back if the adapter knows nothing of the attempt", async () => {
  for (const began of [true, false]) {
    const world = fakeWorld({
      generate: () => ({ [Symbol.asyncIterator]: () => ({ next: () => left.promise, return: async () => done }) }),
    });
    const done = { done: true as const, value: undefined };
    const left = Promise.withResolvers<never>();
    const asked: string[] = [];
    const provider = {
      ...world.dependencies.provider,
      abandonAttempt: async ({ attemptId }: { attemptId: string }) => {
        asked.push(attemptId);
        return { began };
      },
    };
    const gone = new AbortController();
    const run = runAttempts(
      { ...world.dependencies, provider },
      routedRequest({ signal: gone.signal }),
      Promise.resolve(),
    );
    const first = run.next();
    first.catch(() => undefined);
    while (world.holds.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    left.reject(new SluiceError("cancelled", "left"));
    await assert.rejects(first, { code: "cancelled" });
    assert.deepEqual(asked, ["att_1"]);
    assert.deepEqual(world.voided, began ? [] : ["att_1"]);
  }
});

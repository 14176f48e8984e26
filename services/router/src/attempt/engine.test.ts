import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError, toErrorDetail } from "@sluice/platform/errors";
import { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { HoldRefused, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import type { GenerateResponse } from "@sluice/proto/provider/v1/provider_service";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { Decision, Level, Phase } from "@sluice/proto/validator/v1/validator_service";
import { batch, type FakeWorld, fakeWorld, finish, routedRequest, tail, text } from "../testing/fakes.ts";
import { runAttempts } from "../testing/run-attempts.ts";

async function* messages(...list: GenerateResponse[]): AsyncGenerator<GenerateResponse> {
  yield* list;
}

async function collect(stream: AsyncIterable<RouteResponse>): Promise<{ seen: RouteResponse[]; error?: SluiceError }> {
  const seen: RouteResponse[] = [];
  try {
    for await (const message of stream) seen.push(message);
    return { seen };
  } catch (error) {
    return { seen, error: SluiceError.from(error) };
  }
}

const kinds = (seen: readonly RouteResponse[]) => seen.map(({ message }) => message?.$case);
const outcomes = (world: FakeWorld) =>
  world.published
    .filter(({ type }) => type === "attempt.finished")
    .map(({ payload }) => (payload as { outcome: string }).outcome);
const words = Array.from({ length: 10 }, (_, index) => text(`word${index} `));
const verdict = (decision: Decision) => ({ decision, reasons: [], repairedText: "" });

test("a good stream: head, content, summary with cost; one hold, one attempt delivered", async () => {
  const world = fakeWorld({ generate: () => messages(batch(...words), batch(finish), tail()) });
  const { seen, error } = await collect(runAttempts(world.dependencies, routedRequest()));
  assert.equal(error, undefined);
  assert.deepEqual(kinds(seen), ["head", "batch", "batch", "summary"]);
  const last = seen.at(-1)?.message;
  assert.ok(last?.$case === "summary");
  assert.equal(last.value.costNanousd, 7n);
  assert.equal(last.value.verdict, "pass");
  assert.equal(world.holds.length, 1);
  assert.deepEqual(outcomes(world), ["delivered"]);
  assert.deepEqual(
    world.checks.map(({ phase }) => phase),
    [Phase.PHASE_WINDOW, Phase.PHASE_FINAL],
  );
});

test("a plain answer is judged once, whole, before anything leaves", async () => {
  const world = fakeWorld({ generate: () => messages(batch(...words, finish), tail()) });
  const { seen } = await collect(runAttempts(world.dependencies, routedRequest({ stream: false })));
  assert.deepEqual(kinds(seen), ["head", "batch", "summary"]);
  assert.deepEqual(
    world.checks.map(({ phase }) => phase),
    [Phase.PHASE_FINAL],
  );
});

test("a start that is judged bad never leaves; the next candidate serves under a hold of its own", async () => {
  const world = fakeWorld({
    generate: () => messages(batch(...words), batch(finish), tail()),
    check: async ({ model }) => verdict(model === "one" ? Decision.DECISION_FAIL : Decision.DECISION_PASS),
  });
  const { seen, error } = await collect(runAttempts(world.dependencies, routedRequest({ models: ["one", "two"] })));
  assert.equal(error, undefined);
  const head = seen[0]?.message;
  assert.ok(head?.$case === "head");
  assert.equal(head.value.model, "two");
  assert.equal(head.value.attempts, 2);
  assert.deepEqual(
    world.holds.map(({ attemptId }) => attemptId),
    ["att_1", "att_2"],
  );
  assert.deepEqual(outcomes(world), ["rejected", "delivered"]);
});

test("without another candidate a bad answer is an error, not an answer", async () => {
  const world = fakeWorld({
    generate: () => messages(batch(finish), tail()),
    check: async () => verdict(Decision.DECISION_FAIL),
  });
  const { seen, error } = await collect(runAttempts(world.dependencies, routedRequest()));
  assert.deepEqual(seen, []);
  assert.equal(error?.code, "upstream_bad_response");
  assert.deepEqual(outcomes(world), ["rejected", "rejected"]);
  assert.deepEqual(world.pauses, [188], "the same candidate once more, after a while");
  assert.equal(error?.details.facts?.["attempts"], "2");
});

test("a bad verdict after content has left ends in a summary with an error", async () => {
  const world = fakeWorld({
    generate: () => messages(batch(...words), batch(finish), tail()),
    check: async ({ phase }) => verdict(phase === Phase.PHASE_FINAL ? Decision.DECISION_FAIL : Decision.DECISION_PASS),
  });
  const { seen, error } = await collect(runAttempts(world.dependencies, routedRequest()));
  assert.equal(error, undefined);
  const last = seen.at(-1)?.message;
  assert.ok(last?.$case === "summary");
  assert.equal(last.value.error?.code, "upstream_bad_response");
});

test("level observe records a bad verdict and serves all the same", async () => {
  const world = fakeWorld({
    generate: () => messages(batch(finish), tail()),
    check: async () => verdict(Decision.DECISION_FAIL),
  });
  const { seen } = await collect(runAttempts(world.dependencies, routedRequest({ level: Level.LEVEL_OBSERVE })));
  assert.equal(seen.at(-1)?.message?.$case, "summary");
  assert.equal(world.checks.length, 1);
});

for (const level of [Level.LEVEL_OFF, Level.LEVEL_OBSERVE, Level.LEVEL_GUARD]) {
  test(`a stream that breaks before its first content fails over at every level (${level})`, async () => {
    const start = ChatChunk.fromPartial({ event: { $case: "start", value: { id: "chatcmpl-1" } } });
    const cut = toErrorDetail(new SluiceError("upstream_unavailable", "cut"));
    const world = fakeWorld({
      generate: ({ model }) =>
        model === "one"
          ? messages(batch(start), tail({ error: cut }))
          : messages(batch(start), batch(...words), batch(finish), tail()),
    });
    const { seen } = await collect(runAttempts(world.dependencies, routedRequest({ level, models: ["one", "two"] })));
    const head = seen[0]?.message;
    assert.ok(head?.$case === "head");
    assert.equal(head.value.model, "two");
    assert.deepEqual(outcomes(world), ["failed", "delivered"]);
  });
}

test("a start whose time is over is judged although its provider never pauses", async () => {
  let now = 0;
  const slow = async function* () {
    for (let step = 0; step < 4; step++) {
      now += 400;
      yield batch(text(`word${step} `));
    }
    assert.equal(world.checks.length, 1, "judged before the answer was complete");
    yield* [batch(finish), tail()];
  };
  const world = fakeWorld({ generate: slow, now: () => now });
  const { error } = await collect(runAttempts(world.dependencies, routedRequest()));
  assert.equal(error, undefined);
  assert.deepEqual(
    world.checks.map(({ phase }) => phase),
    [Phase.PHASE_WINDOW, Phase.PHASE_FINAL],
  );
});

test("what the window's time lets through reaches the caller although the next message is not there yet", async () => {
  const seen = Promise.withResolvers<void>();
  const slow = async function* () {
    yield batch(text("Hello"));
    await seen.promise;
    yield* [batch(finish), tail()];
  };
  const world = fakeWorld({ generate: slow, config: { window_max_ms: 1 } });
  const order: unknown[] = [];
  for await (const { message } of runAttempts(world.dependencies, routedRequest())) {
    order.push(message?.$case);
    if (message?.$case === "batch") seen.resolve();
  }
  assert.deepEqual(order, ["head", "batch", "batch", "summary"]);
});

test("a ledger that cannot be asked is asked once, and the caller may try again", async () => {
  const world = fakeWorld({
    generate: () => assert.fail("the provider must not be called"),
    hold: () => Promise.reject(new SluiceError("unavailable", "the ledger is away")),
  });
  const { error } = await collect(runAttempts(world.dependencies, routedRequest({ models: ["one", "two"] })));
  assert.equal(error?.code, "unavailable");
  assert.equal(error?.details.facts?.["attempts"], undefined);
  assert.equal(world.holds.length, 1);
  assert.deepEqual(outcomes(world), ["refused"]);
});

test("a validator that is away: guard serves with a warning, strict fails", async () => {
  const generate = () => messages(batch(...words), batch(finish), tail());
  const check = () => Promise.reject(new SluiceError("unavailable", "away"));
  const guard = fakeWorld({ generate, check });
  const served = await collect(runAttempts(guard.dependencies, routedRequest()));
  const head = served.seen[0]?.message;
  assert.ok(head?.$case === "head");
  assert.ok(head.value.warnings.includes("unvalidated"));
  const strict = fakeWorld({ generate, check });
  const failed = await collect(runAttempts(strict.dependencies, routedRequest({ level: Level.LEVEL_STRICT })));
  assert.equal(failed.error?.code, "upstream_bad_response");
  assert.equal(strict.holds.length, 1, "another answer could not be judged either");
});

test("an attempt that never started has its hold voided; one that may have started keeps it", async () => {
  for (const notStarted of [true, false]) {
    const details = notStarted ? { facts: { not_started: "true" } } : {};
    const world = fakeWorld({
      generate: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(new SluiceError("upstream_unavailable", "down", { details })),
        }),
      }),
    });
    const { error } = await collect(runAttempts(world.dependencies, routedRequest({ attemptsMax: 1 })));
    assert.equal(error?.code, "upstream_unavailable");
    assert.deepEqual(world.voided, notStarted ? ["att_1"] : []);
    assert.deepEqual(outcomes(world), ["failed"]);
  }
});

test("an error of the provider after content is in the summary; before content it is thrown", async () => {
  const error = toErrorDetail(new SluiceError("upstream_unavailable", "cut"));
  const late = fakeWorld({ generate: () => messages(batch(...words), tail({ error })) });
  const { seen } = await collect(runAttempts(late.dependencies, routedRequest()));
  const last = seen.at(-1)?.message;
  assert.ok(last?.$case === "summary");
  assert.equal(last.value.error?.code, "upstream_unavailable");
  const early = fakeWorld({ generate: () => messages(tail({ error })) });
  assert.equal((await collect(runAttempts(early.dependencies, routedRequest()))).error?.code, "upstream_unavailable");
});

test("an adapter that ends without a tail is an error, before and after content", async () => {
  const before = fakeWorld({ generate: () => messages() });
  assert.equal((await collect(runAttempts(before.dependencies, routedRequest()))).error?.code, "unavailable");
  const after = fakeWorld({ generate: () => messages(batch(...words)) });
  const last = (await collect(runAttempts(after.dependencies, routedRequest()))).seen.at(-1)?.message;
  assert.ok(last?.$case === "summary");
  assert.equal(last.value.error?.code, "unavailable");
});

test("a refused hold ends the request without an attempt", async () => {
  const reasons = [
    [RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED, "budget_exhausted"],
    [RefusalReason.REFUSAL_REASON_BUDGET_HELD, "budget_held"],
    [RefusalReason.REFUSAL_REASON_UNPRICED, "model_unpriced"],
  ] as const;
  for (const [reason, code] of reasons) {
    const value = HoldRefused.fromPartial({ reason, message: "no room" });
    const world = fakeWorld({
      generate: () => messages(batch(...words), tail()),
      hold: () => ({ outcome: { $case: "refused", value } }),
    });
    const { error } = await collect(runAttempts(world.dependencies, routedRequest({ models: ["one", "two"] })));
    assert.equal(error?.code, code);
    assert.equal(world.holds.length, code === "model_unpriced" ? 2 : 1, "only a missing price says nothing of others");
    assert.ok(outcomes(world).every((outcome) => outcome === "refused"));
  }
});

test("a caller that leaves ends the attempt as cancelled and closes the adapter's stream", async () => {
  let closed = false;
  const generate = async function* () {
    try {
      for (;;) yield batch(...words);
    } finally {
      closed = true;
    }
  };
  const world = fakeWorld({ generate });
  for await (const message of runAttempts(world.dependencies, routedRequest()))
    if (message.message?.$case === "batch") break;
  assert.equal(closed, true);
  assert.deepEqual(outcomes(world), ["cancelled"]);
});

test("no attempt starts while the decision cannot be stored, and its hold is given back", async () => {
  const world = fakeWorld({ generate: () => assert.fail("the provider must not be called") });
  const refused = Promise.reject(new SluiceError("overloaded", "the outbox is full"));
  const { error } = await collect(runAttempts(world.dependencies, routedRequest(), refused));
  assert.equal(error?.code, "overloaded");
  assert.deepEqual(world.voided, ["att_1"]);
});

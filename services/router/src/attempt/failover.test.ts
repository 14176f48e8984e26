import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError, toErrorDetail } from "@sluice/platform/errors";
import { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import { HoldRefused, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import type { GenerateRequest, GenerateResponse } from "@sluice/proto/provider/v1/provider_service";
import type { RouteResponse } from "@sluice/proto/router/v1/router_service";
import { Decision, Phase } from "@sluice/proto/validator/v1/validator_service";
import { batch, type FakeWorld, fakeWorld, finish, grant, routedRequest, tail, text } from "../testing/fakes.ts";
import { runAttempts } from "../testing/run-attempts.ts";
import type { RoutedRequest } from "./types.ts";

const words = Array.from({ length: 10 }, (_, index) => text(`word${index} `));
const toolCall = ChatChunk.fromPartial({
  event: { $case: "toolCall", value: { id: "call_1", name: "now", argumentsJson: "{}" } },
});

async function* messages(...list: GenerateResponse[]): AsyncGenerator<GenerateResponse> {
  yield* list;
}

/** Candidates whose name begins with "bad" fail as told, the others answer well. */
function failing(fail: (request: GenerateRequest) => AsyncIterable<GenerateResponse>) {
  return (request: GenerateRequest) =>
    request.model.startsWith("bad") ? fail(request) : messages(batch(...words, finish), tail());
}

async function run(world: FakeWorld, request: RoutedRequest) {
  const seen: RouteResponse[] = [];
  try {
    for await (const message of runAttempts(world.dependencies, request, Promise.resolve())) seen.push(message);
    return { seen, error: undefined };
  } catch (thrown) {
    return { seen, error: SluiceError.from(thrown) };
  }
}

const finished = (world: FakeWorld) =>
  world.published.filter(({ type }) => type === "attempt.finished").map(({ payload }) => payload as AttemptFinished);
const textOf = (seen: readonly RouteResponse[]) =>
  seen
    .flatMap(({ message }) => (message?.$case === "batch" ? message.value.chunks : []))
    .map(({ event }) => (event?.$case === "text" ? event.value : ""))
    .join("");

for (const stream of [true, false]) {
  test(`three attempts fail, the fourth serves, and nothing of the failures is seen (${stream ? "streamed" : "plain"})`, async () => {
    const world = fakeWorld({
      generate: failing(() => messages(tail({ error: toErrorDetail(new SluiceError("upstream_overloaded", "busy")) }))),
    });
    const models = ["bad1", "bad2", "bad3", "good"];
    const { seen, error } = await run(world, routedRequest({ stream, models }));
    assert.equal(error, undefined);
    const head = seen[0]?.message;
    assert.ok(head?.$case === "head");
    assert.deepEqual([head.value.model, head.value.attempts], ["good", 4]);
    assert.equal(textOf(seen), words.map(({ event }) => (event?.$case === "text" ? event.value : "")).join(""));
    assert.deepEqual(
      finished(world).map(({ outcome, next, last }) => [outcome, next, last]),
      [
        ["failed", "next_candidate", false],
        ["failed", "next_candidate", false],
        ["failed", "next_candidate", false],
        ["delivered", "done", true],
      ],
    );
    assert.equal(new Set(world.holds.map(({ attemptId }) => attemptId)).size, 4);
  });
}

test("requests per minute count the attempt that first finds a hold, and none after it", async () => {
  const unpriced = HoldRefused.fromPartial({ reason: RefusalReason.REFUSAL_REASON_UNPRICED, message: "no price" });
  const world = fakeWorld({
    generate: failing(() => messages(tail({ error: toErrorDetail(new SluiceError("upstream_overloaded", "busy")) }))),
    hold: (hold) => (hold.model.startsWith("free") ? { outcome: { $case: "refused", value: unpriced } } : grant(hold)),
  });
  const { error } = await run(world, routedRequest({ models: ["free1", "free2", "bad", "good"] }));
  assert.equal(error, undefined);
  assert.deepEqual(
    world.holds.map(({ model, firstAttempt }) => [model, firstAttempt]),
    [
      ["free1", true],
      ["free2", true],
      ["bad", true],
      ["good", false],
    ],
  );
});

test("a refused hold after a failure ends the request with that failure, and says why nothing followed", async () => {
  let holds = 0;
  const refused = HoldRefused.fromPartial({ reason: RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED, message: "empty" });
  const world = fakeWorld({
    generate: failing(() => messages(tail({ error: toErrorDetail(new SluiceError("upstream_overloaded", "busy")) }))),
    hold: (request) => (++holds === 1 ? grant(request) : { outcome: { $case: "refused", value: refused } }),
  });
  const { error } = await run(world, routedRequest({ models: ["bad1", "good"] }));
  assert.equal(error?.code, "upstream_overloaded");
  assert.match(error?.details.facts?.["warnings"] ?? "", /no further attempt: budget_exhausted/);
  assert.deepEqual(
    finished(world).map(({ outcome }) => outcome),
    ["failed", "refused"],
  );
});

test("when all candidates refuse the request, the first refusal is shown", async () => {
  const world = fakeWorld({
    generate: failing(({ model }) =>
      messages(tail({ error: toErrorDetail(new SluiceError("upstream_invalid_request", `no ${model}`)) })),
    ),
  });
  const { error } = await run(world, routedRequest({ models: ["bad1", "bad2"] }));
  assert.equal(error?.message, "no bad1");
  assert.equal(error?.details.facts?.["attempts"], "2");
});

test("a caller or a route that forbids failover gets one attempt", async () => {
  const world = fakeWorld({
    generate: failing(() => messages(tail({ error: toErrorDetail(new SluiceError("upstream_overloaded", "busy")) }))),
  });
  const { error } = await run(world, routedRequest({ models: ["bad1", "good"], attemptsMax: 1 }));
  assert.equal(error?.code, "upstream_overloaded");
  assert.equal(world.holds.length, 1);
});

test("JSON is held back until it is judged as a whole, and a repaired text takes the place of what was held", async () => {
  const world = fakeWorld({
    generate: () => messages(batch(text("Sure: ")), batch(text('{"a":1}')), batch(finish), tail()),
    check: async () => ({ decision: Decision.DECISION_REPAIR, reasons: [], repairedText: '{"a":1}' }),
  });
  const { seen } = await run(world, routedRequest({ json: true }));
  assert.equal(textOf(seen), '{"a":1}');
  assert.deepEqual(
    world.checks.map(({ phase, allowRepair }) => [phase, allowRepair]),
    [[Phase.PHASE_FINAL, true]],
  );
  const eager = fakeWorld({ generate: () => messages(batch(...words), batch(finish), tail()) });
  await run(eager, routedRequest({ json: true, config: { structured_stream: "eager" } }));
  assert.deepEqual(
    eager.checks.map(({ phase, allowRepair }) => [phase, allowRepair]),
    [
      [Phase.PHASE_WINDOW, true],
      [Phase.PHASE_FINAL, false],
    ],
  );
});

test("a tool call before content left makes the whole answer wait; a bad one fails over", async () => {
  const world = fakeWorld({
    generate: failing(() => messages(batch(text("I will"), toolCall), batch(finish), tail())),
    check: async ({ model }) => ({
      decision: model === "bad" ? Decision.DECISION_FAIL : Decision.DECISION_PASS,
      reasons: [],
      repairedText: "",
    }),
  });
  const { seen } = await run(world, routedRequest({ models: ["bad", "good"] }));
  assert.doesNotMatch(textOf(seen), /I will/);
});

test("a tool call after content left is held until it is judged; a bad one never leaves, the answer ends in an error", async () => {
  const generate = () => messages(batch(...words), batch(toolCall), batch(finish), tail());
  const world = fakeWorld({
    generate,
    check: async ({ phase }) => ({
      decision: phase === Phase.PHASE_FINAL ? Decision.DECISION_FAIL : Decision.DECISION_PASS,
      reasons: [],
      repairedText: "",
    }),
  });
  const { seen } = await run(world, routedRequest());
  const kinds = seen.flatMap(({ message }) =>
    message?.$case === "batch" ? message.value.chunks.map(({ event }) => event?.$case) : [message?.$case],
  );
  assert.ok(!kinds.includes("toolCall"));
  const last = seen.at(-1)?.message;
  assert.ok(last?.$case === "summary" && last.value.error?.code === "upstream_bad_response");
});

test("the cost is that of all attempts, and unknown if one of them is", async () => {
  const cost = async (error: SluiceError) => {
    const world = fakeWorld({
      generate: failing(() => ({
        [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
      })),
    });
    const last = (await run(world, routedRequest({ models: ["bad", "good"] }))).seen.at(-1)?.message;
    return last?.$case === "summary" ? last.value.costNanousd : "no summary";
  };
  const free = new SluiceError("upstream_overloaded", "busy", { details: { facts: { unbilled: "true" } } });
  assert.equal(await cost(free), 7n);
  assert.equal(await cost(new SluiceError("upstream_unavailable", "cut")), undefined);
});

test("a candidate that keeps failing is noted; a caller who leaves says nothing about it", async () => {
  const world = fakeWorld({
    generate: failing(() => messages(tail({ error: toErrorDetail(new SluiceError("upstream_unavailable", "down")) }))),
  });
  for (let round = 0; round < 5; round++) await run(world, routedRequest({ models: ["bad", "good"] }));
  assert.equal(world.dependencies.breakers.state("a/bad"), "open");
  assert.equal(world.dependencies.breakers.state("a/good"), "closed");
});

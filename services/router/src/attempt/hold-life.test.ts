import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { SluiceError } from "@sluice/platform/errors";
import { fakeWorld, grant, routedRequest } from "../testing/fakes.ts";
import { keepHold, voidHold } from "./keep-hold.ts";
import { placeHold } from "./place-hold.ts";

const generate = () => {
  throw new Error("not part of this test");
};

function place(world: ReturnType<typeof fakeWorld>, request = routedRequest()) {
  const [candidate] = request.candidates;
  assert.ok(candidate);
  return placeHold(world.dependencies, request, { id: "att_1", candidate, ordinal: 1, startedAt: 0 });
}

test("a caller who leaves while the hold is asked for leaves no hold behind", async () => {
  const left = new AbortController();
  const world = fakeWorld({
    generate,
    hold: async (request) => {
      left.abort();
      await turn();
      return grant(request);
    },
  });
  await assert.rejects(place(world, routedRequest({ signal: left.signal })), { code: "cancelled" });
  assert.deepEqual(world.voided, ["att_1"]);
  await assert.rejects(place(world, routedRequest({ signal: left.signal })), { code: "cancelled" });
  assert.equal(world.holds.length, 1, "a caller who is gone already asks for nothing");
});

test("a hold whose answer is lost is voided, one that was refused for good is not", async () => {
  for (const [code, voided] of [
    ["timeout", 1],
    ["unavailable", 1],
    ["invalid_request", 0],
  ] as const) {
    const world = fakeWorld({ generate, hold: () => Promise.reject(new SluiceError(code, "no answer")) });
    await assert.rejects(place(world), { code });
    await turn();
    assert.equal(world.voided.length, voided, code);
  }
});

test("a hold is renewed every third of its life, within a second after a failure, and never after its end", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  let calls = 0;
  const answers = [true, undefined, undefined, true, false];
  const world = fakeWorld({
    generate,
    config: { hold_ttl_ms: 60_000 },
    renew: async () => {
      const live = answers[calls++];
      if (live === undefined) throw new SluiceError("unavailable", "away");
      return { live, expiresAtMs: 0n };
    },
  });
  const attempt = await place(world);
  keepHold(world.dependencies, routedRequest(), attempt);
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await turn();
    return calls;
  };
  assert.equal(await pass(19_999), 0);
  assert.equal(await pass(1), 1);
  assert.equal(await pass(20_000), 2);
  assert.equal(await pass(1_000), 3);
  assert.equal(await pass(1_000), 4);
  assert.equal(await pass(1_000), 4, "a renewal that worked waits its third again");
  assert.equal(await pass(19_000), 5);
  assert.equal(await pass(600_000), 5, "a hold that has ended is left alone");
});

test("a renewal under way when the attempt ends is the last one", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  let calls = 0;
  const answer = Promise.withResolvers<{ live: boolean; expiresAtMs: bigint }>();
  const renew = () => {
    calls++;
    return answer.promise;
  };
  const world = fakeWorld({ generate, config: { hold_ttl_ms: 3_000 }, renew });
  const stop = keepHold(world.dependencies, routedRequest(), await place(world));
  mock.timers.tick(1_000);
  stop();
  answer.resolve({ live: true, expiresAtMs: 0n });
  await turn();
  mock.timers.tick(60_000);
  assert.equal(calls, 1);
});

test("a void that finds no room is repeated until it succeeds, without keeping anybody waiting", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  const world = fakeWorld({ generate });
  let failures = 2;
  const ledger = {
    ...world.dependencies.ledger,
    void: async ({ holdId }: { holdId: string }) => {
      if (failures-- > 0) throw new SluiceError("overloaded", "the disk is full");
      world.voided.push(holdId);
      return { voided: true };
    },
  };
  const attempt = { id: "att_1", holdId: "att_1" };
  await voidHold({ ...world.dependencies, ledger }, routedRequest(), { attempt, reason: "test" });
  assert.deepEqual(world.voided, []);
  for (let round = 0; round < 2; round++) {
    mock.timers.tick(1_000);
    await turn();
  }
  assert.deepEqual(world.voided, ["att_1"]);
});

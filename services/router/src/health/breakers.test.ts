import assert from "node:assert/strict";
import { test } from "node:test";
import { type BreakerState, Breakers } from "./breakers.ts";

const limits = { failuresMin: 3, failureShare: 0.5, windowMs: 1_000, openMs: 100, openMaxMs: 300 };

function world() {
  const changes: BreakerState[] = [];
  const breakers = new Breakers(limits, (_key, state) => changes.push(state));
  const fail = (now: number, times = 1) => {
    for (let i = 0; i < times; i++) {
      const probe = breakers.began("a/one", now);
      breakers.ended("a/one", { sign: "failure", probe }, now);
    }
  };
  return { breakers, changes, fail };
}

test("it opens at enough failures that are a large share, and only for its own model", () => {
  const { breakers, changes, fail } = world();
  fail(0, 2);
  assert.equal(breakers.avoid("a/one", 0), false);
  fail(0);
  assert.equal(breakers.avoid("a/one", 0), true);
  assert.equal(breakers.avoid("a/two", 0), false);
  assert.deepEqual(changes, ["open"]);
});

test("many successes beside the failures keep it closed", () => {
  const { breakers, fail } = world();
  fail(0);
  for (let i = 0; i < 10; i++) breakers.ended("a/one", { sign: "success", probe: false }, 0);
  fail(0, 5);
  assert.equal(breakers.avoid("a/one", 0), false);
});

test("failures that are older than the window are forgotten", () => {
  const { breakers, fail } = world();
  fail(0, 2);
  fail(2_000, 2);
  assert.equal(breakers.avoid("a/one", 2_000), false);
});

test("after the pause one probe goes through, others still avoid it; a good probe closes it", () => {
  const { breakers, changes, fail } = world();
  fail(0, 3);
  assert.equal(breakers.avoid("a/one", 99), true);
  assert.equal(breakers.avoid("a/one", 100), false);
  assert.equal(breakers.began("a/one", 100), true);
  assert.equal(breakers.avoid("a/one", 100), true, "the probe is under way");
  breakers.ended("a/one", { sign: "success", probe: true }, 110);
  assert.equal(breakers.avoid("a/one", 110), false);
  assert.deepEqual(changes, ["open", "half_open", "closed"]);
});

test("a bad probe doubles the pause up to its limit; a probe without a result leaves the place to the next one", () => {
  const { breakers, fail } = world();
  fail(0, 3);
  fail(100);
  assert.equal(breakers.avoid("a/one", 299), true);
  assert.equal(breakers.avoid("a/one", 300), false);
  fail(300);
  fail(600);
  assert.equal(breakers.avoid("a/one", 899), true, "300 ms, not 400");
  const probe = breakers.began("a/one", 900);
  breakers.ended("a/one", { sign: "none", probe }, 900);
  assert.equal(breakers.avoid("a/one", 900), false);
});

test("a rate limit keeps others away until the time it named", () => {
  const { breakers } = world();
  breakers.busy("a/one", 50, 0);
  assert.equal(breakers.avoid("a/one", 49), true);
  assert.equal(breakers.avoid("a/one", 50), false);
});

test("only the probe decides: what began before the breaker opened, or beside the probe, does not", () => {
  const { breakers, changes, fail } = world();
  assert.equal(breakers.began("a/one", 0), false);
  fail(0, 3);
  assert.equal(breakers.began("a/one", 100), true);
  assert.equal(breakers.began("a/one", 101), false, "a single candidate is tried all the same");
  breakers.ended("a/one", { sign: "failure", probe: false }, 102);
  breakers.ended("a/one", { sign: "failure", probe: false }, 103);
  assert.deepEqual(changes, ["open", "half_open"]);
  breakers.ended("a/one", { sign: "success", probe: true }, 104);
  assert.deepEqual(changes, ["open", "half_open", "closed"]);
});

test("a probe that takes long makes room for another one", () => {
  const { breakers, fail } = world();
  fail(0, 3);
  breakers.began("a/one", 100);
  assert.equal(breakers.avoid("a/one", 399), true);
  assert.equal(breakers.avoid("a/one", 400), false);
  assert.equal(breakers.began("a/one", 400), true);
});

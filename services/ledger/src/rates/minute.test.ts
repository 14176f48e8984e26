import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { add, correct, current, stand, type Taken } from "./minute.ts";

const NONE = { requests: 0, tokens: 0 };

test("what was taken leaves after 61 clock seconds, and the wait says exactly when", () => {
  const limits = { requests: 2 };
  const need = { requests: 1, tokens: 0 };
  const at = 1_000_500;
  const entries = add(add([], need, at), need, at + 2_000);
  assert.equal(stand(entries, limits, need, at + 3_000).waitMs, 1_061_000 - (at + 3_000));
  assert.equal(current(entries, 1_060_999).length, 2);
  assert.equal(stand(current(entries, 1_061_000), limits, need, 1_061_000).waitMs, 0);
});

test("a need above the limit never fits; one without a need always does", () => {
  assert.equal(stand([], { tokens: 10 }, { requests: 1, tokens: 11 }, 0).waitMs, Number.POSITIVE_INFINITY);
  const full = add([], { requests: 5, tokens: 10 }, 0);
  assert.equal(stand(full, { tokens: 10 }, { requests: 1, tokens: 0 }, 0).waitMs, 0);
  assert.deepEqual(stand(full, { requests: 5, tokens: 12 }, NONE, 0), {
    requests: { limit: 5, remaining: 0, resetMs: 61_000 },
    tokens: { limit: 12, remaining: 2, resetMs: 61_000 },
    waitMs: 0,
  });
});

test("what is given back is free again in its own second, never below zero", () => {
  const entries = add(add([], { requests: 1, tokens: 100 }, 5_000), { requests: 1, tokens: 50 }, 7_000);
  const less = correct(entries, { requests: 0, tokens: -90 }, 5_900);
  assert.deepEqual(
    less.map(({ tokens }) => tokens),
    [10, 50],
  );
  assert.equal(correct(less, { requests: 0, tokens: -90 }, 6_100)[1]?.tokens, 0);
  assert.equal(correct(less, { requests: 0, tokens: 5 }, 9_000), less);
});

test("a clock that goes back counts on in the newest second", () => {
  const entries = add(add([], { requests: 1, tokens: 1 }, 9_000), { requests: 1, tokens: 1 }, 4_000);
  assert.deepEqual(entries, [{ second: 9, requests: 2, tokens: 2 }]);
});

test("no span of 60 seconds ever has more than the limit, and whoever waits as told gets through", () => {
  const step = fc.record({ ms: fc.integer({ min: 0, max: 20_000 }), tokens: fc.integer({ min: 0, max: 40 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 100 }), (steps, limit) => {
      let now = 1_700_000_000_000;
      let entries: readonly Taken[] = [];
      const admitted: { readonly at: number; readonly tokens: number }[] = [];
      for (const { ms, tokens } of steps) {
        now += ms;
        entries = current(entries, now);
        const need = { requests: 1, tokens };
        const { waitMs } = stand(entries, { tokens: limit }, need, now);
        if (waitMs === 0) {
          entries = add(entries, need, now);
          admitted.push({ at: now, tokens });
        } else if (Number.isFinite(waitMs)) {
          const later = current(entries, now + waitMs);
          assert.equal(stand(later, { tokens: limit }, need, now + waitMs).waitMs, 0);
        } else assert.ok(tokens > limit);
      }
      for (const { at } of admitted) {
        const span = admitted.filter((each) => each.at >= at && each.at < at + 60_000);
        assert.ok(span.reduce((sum, each) => sum + each.tokens, 0) <= limit);
      }
    }),
  );
});

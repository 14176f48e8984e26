import assert from "node:assert/strict";
import { test } from "node:test";
import { RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { refusalOf } from "./refusal.ts";
import type { Shortfall } from "./types.ts";

const NOW = Date.parse("2026-11-22T22:30:00Z");
const OPTIONS = { retryAfterMs: 500, now: NOW, zone: "Europe/Berlin" };
const SHORT: Shortfall = {
  account: { kind: "team", id: "core" },
  window: "day",
  unit: "nanousd",
  soft: false,
  limit: 100_000_000_000n,
  spent: 99_500_000_000n,
  held: 0n,
  needed: 1_000_000_000n,
  windowStart: Date.parse("2026-11-21T23:00:00Z"),
  windowEnd: Date.parse("2026-11-22T23:00:00Z"),
};

test("a refusal names the window and when it begins anew, in the organisation's time", () => {
  const refusal = refusalOf([SHORT], OPTIONS);
  assert.equal(refusal.reason, RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED);
  assert.deepEqual([refusal.window, refusal.windowEndsAtMs], ["day", BigInt(SHORT.windowEnd)]);
  assert.equal(
    refusal.message,
    'The daily USD budget of team "core" leaves no room (limit $100.00, spent $99.50, held $0.00, needed $1.00); ' +
      "wait until it begins anew at 2026-11-23T00:00:00+01:00, raise the limit or ask for less.",
  );
});

test("waiting is offered where the window begins anew within an hour and the request fits then", () => {
  assert.equal(refusalOf([SHORT], OPTIONS).retryAfterMs, 1_800_000n);
  assert.equal(refusalOf([{ ...SHORT, windowEnd: NOW + 3_600_001 }], OPTIONS).retryAfterMs, 0n);
  const never = refusalOf([{ ...SHORT, needed: SHORT.limit + 1n }], OPTIONS);
  assert.equal(never.retryAfterMs, 0n);
  assert.doesNotMatch(never.message, /begins anew/);
});

test("of several limits the one that stays longest is named; what holds in flight take comes back by itself", () => {
  const total: Shortfall = { ...SHORT, window: "total", windowStart: 0, windowEnd: 0 };
  const month: Shortfall = { ...SHORT, window: "month", windowEnd: SHORT.windowEnd + 86_400_000 };
  assert.equal(refusalOf([SHORT, month], OPTIONS).window, "month");
  assert.equal(refusalOf([SHORT, total, month], OPTIONS).window, "total");
  const held: Shortfall = { ...total, spent: 0n, held: SHORT.limit };
  assert.equal(refusalOf([held, SHORT], OPTIONS).window, "day");
  const inFlight = refusalOf([held], OPTIONS);
  assert.deepEqual([inFlight.reason, inFlight.retryAfterMs], [RefusalReason.REFUSAL_REASON_BUDGET_HELD, 500n]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { HoldRefused, RateState, RefusalReason, SoftLimitPassed } from "@sluice/proto/ledger/v1/ledger_service";
import { budgetWarning, rateFigures } from "./budget-words.ts";
import { refusalError } from "./hold-refusal.ts";

const account = { kind: AccountKind.ACCOUNT_KIND_TEAM, id: "team_1" };

test("a passed soft limit says whose, in which window, how much of what", () => {
  const passed = (unit: Unit, used: bigint, limit: bigint) =>
    SoftLimitPassed.fromPartial({ account, window: "day", used: { unit, value: used }, limit: { unit, value: limit } });
  const usd = passed(Unit.UNIT_NANOUSD, 80_120_000_001n, 75_000_000_000n);
  assert.equal(budgetWarning(usd), "team:team_1 day 80.120000001/75.00 USD");
  assert.equal(budgetWarning(passed(Unit.UNIT_TOKENS, 12n, 10n)), "team:team_1 day 12/10 tokens");
});

test("rate limits are told by the figures that exist", () => {
  const state = RateState.fromPartial({ limitRequests: 10n, remainingRequests: 0n, resetRequestsMs: 12_345n });
  const figures = { "limit-requests": "10", "remaining-requests": "0", "reset-requests": "12.345s" };
  assert.deepEqual(rateFigures(state), figures);
  assert.deepEqual(rateFigures(undefined), {});
});

test("each refusal is the error its reason deserves, with what the caller can do", () => {
  const of = (reason: RefusalReason, more = {}) =>
    refusalError(HoldRefused.fromPartial({ reason, account, message: "no", ...more }));
  const limited = of(RefusalReason.REFUSAL_REASON_RATE_LIMITED, { retryAfterMs: 900n, rate: { limitTokens: 5n } });
  assert.deepEqual([limited.code, limited.details.retryAfterMs], ["rate_limited", 900]);
  assert.equal(limited.details.facts?.["rate.limit-tokens"], "5");
  assert.equal(of(RefusalReason.REFUSAL_REASON_RATE_LIMITED).details.facts?.["never"], "true");
  assert.equal(of(RefusalReason.REFUSAL_REASON_SESSION_ENDED).code, "forbidden");
  const unbounded = of(RefusalReason.REFUSAL_REASON_UNBOUNDED);
  assert.deepEqual([unbounded.code, unbounded.details.facts?.["candidate_only"]], ["invalid_request", "true"]);
  const window = { window: "day", windowEndsAtMs: 1_763_856_000_000n };
  const exhausted = of(RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED, window);
  assert.equal(exhausted.details.facts?.["window_ends_at"], "2025-11-23T00:00:00.000Z");
});

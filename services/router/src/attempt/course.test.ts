import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, SluiceError } from "@sluice/platform/errors";
import { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { Course, type CourseLimits } from "./course.ts";

const limits: CourseLimits = {
  attemptsMax: 5,
  timeMaxMs: 10_000,
  worstCaseMax: undefined,
  sameCandidateMax: 1,
  backoffMs: 200,
  backoffMaxMs: 5_000,
  preferSameWithinMs: 50,
};
const model = (name: string, contextTokens = 0n) =>
  CatalogModel.fromPartial({ provider: "a", model: name, contextTokens });
const course = (names: readonly string[], more: Partial<CourseLimits> = {}) =>
  new Course(
    names.map((name) => model(name)),
    { ...limits, ...more },
    { startedAt: 0, random: () => 1 },
  );
const failed = (code: ErrorCode, retryAfterMs?: number, facts: Record<string, string> = {}) => ({
  error: new SluiceError(code, code, { details: { facts, ...(retryAfterMs !== undefined && { retryAfterMs }) } }),
  held: true,
  committed: false,
  now: 0,
});

test("another candidate comes before the same one again; then each is asked once more, after a wait", () => {
  const way = course(["one", "two"]);
  assert.equal(way.first()?.model, "one");
  const steps = [0, 0, 0, 0].map(() => way.after(failed("upstream_overloaded")));
  assert.deepEqual(
    steps.map(({ next, candidate, backoffMs }) => [next, candidate?.model, backoffMs]),
    [
      ["next_candidate", "two", 0],
      ["next_candidate", "one", 200],
      ["next_candidate", "two", 200],
      ["stop", undefined, 0],
    ],
  );
});

test("a single candidate is asked again after a wait, or after the one it named, but not after one that is too long", () => {
  const repeat = (retryAfterMs?: number) => {
    const way = course(["one"]);
    way.first();
    return way.after(failed("upstream_rate_limited", retryAfterMs));
  };
  assert.deepEqual([repeat().next, repeat().backoffMs], ["same_candidate", 200]);
  assert.equal(repeat(1_500).backoffMs, 1_500);
  assert.equal(repeat(60_000).next, "stop");
});

test("a candidate that names a very short wait is asked before others", () => {
  const way = course(["one", "two"]);
  way.first();
  const step = way.after(failed("upstream_rate_limited", 20));
  assert.deepEqual([step.next, step.candidate?.model, step.backoffMs], ["same_candidate", "one", 20]);
});

test("what a candidate would say again is not asked again, other candidates are", () => {
  for (const code of ["upstream_invalid_request", "upstream_unauthenticated", "upstream_model_not_found"] as const) {
    const way = course(["one", "two"]);
    way.first();
    assert.equal(way.after(failed(code)).candidate?.model, "two", code);
    assert.equal(way.after(failed(code)).next, "stop", code);
  }
  const refused = course(["one"]);
  refused.first();
  assert.equal(
    refused.after(failed("upstream_bad_response", undefined, { verdict: "fail", checks: "refusal" })).next,
    "stop",
  );
});

test("the caller's own faults, an empty budget and our own overload end the request", () => {
  for (const code of ["invalid_request", "budget_exhausted", "budget_held", "overloaded", "timeout"] as const) {
    const way = course(["one", "two"]);
    way.first();
    assert.equal(way.after({ ...failed(code), held: !code.startsWith("budget") }).next, "stop", code);
  }
});

test("a ledger that is away is away for every candidate, and what nobody can judge is not asked for again", () => {
  const way = course(["one", "two"]);
  way.first();
  assert.equal(way.after({ ...failed("unavailable"), held: false }).next, "stop");
  const strict = course(["one", "two"]);
  strict.first();
  assert.equal(strict.after(failed("upstream_bad_response", undefined, { verdict: "unvalidated" })).next, "stop");
});

test("a budget of the candidate's own model leaves the others", () => {
  const way = course(["one", "two"]);
  way.first();
  const refused = { ...failed("budget_exhausted", undefined, { candidate_only: "true" }), held: false };
  assert.equal(way.after(refused).candidate?.model, "two");
});

test("nothing follows content that has left", () => {
  const way = course(["one", "two"]);
  way.first();
  assert.equal(way.after({ ...failed("upstream_unavailable"), committed: true }).next, "stop");
});

test("count, time and money bound the attempts", () => {
  const counted = course(["one", "two"], { attemptsMax: 1 });
  counted.first();
  assert.match(counted.after(failed("upstream_overloaded")).reason, /limit of attempts/);
  const timed = course(["one", "two"]);
  timed.first();
  assert.match(timed.after({ ...failed("upstream_overloaded"), now: 10_001 }).reason, /time for attempts/);
  const paid = course(["one", "two"], { worstCaseMax: 10n });
  paid.first();
  paid.held(10n);
  assert.match(paid.after(failed("upstream_overloaded")).reason, /worst cases/);
});

test("a prompt that is too long goes to larger models only", () => {
  const way = new Course([model("small", 10n), model("tiny", 5n), model("large", 20n)], limits, {
    startedAt: 0,
    random: () => 1,
  });
  way.first();
  assert.equal(way.after(failed("upstream_context_too_long")).candidate?.model, "large");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import { Answer, Decision, Phase } from "@sluice/proto/validator/v1/validator_service";
import type { Check } from "./checks/check.ts";
import { type RunInput, runChecks } from "./run-checks.ts";

const log = createLogger({ level: "silent", service: "validator" });
const says = (decision: "pass" | "fail" | "undecided"): Check => ({
  name: decision,
  judge: () => ({ decision, score: 0, detail: "" }),
});
const run = (checks: readonly Check[], more: Partial<RunInput> = {}) =>
  runChecks({
    checks,
    answers: [Answer.create()],
    phase: Phase.PHASE_FINAL,
    deadlineMs: 100,
    clock: () => 0,
    log,
    ...more,
  });

test("one failing check fails the answer", () => {
  assert.equal(run([says("pass"), says("fail")]).decision, Decision.DECISION_FAIL);
});

test("one failing choice fails the answer", () => {
  const byText: Check = {
    name: "text",
    judge: ({ answer }) => ({ decision: answer.text === "" ? "fail" : "pass", score: 1, detail: "" }),
  };
  const answers = [Answer.fromPartial({ text: "fine" }), Answer.create()];
  assert.equal(run([byText], { answers }).decision, Decision.DECISION_FAIL);
});

test("undecided asks for more only in the window", () => {
  assert.equal(run([says("undecided")], { phase: Phase.PHASE_WINDOW }).decision, Decision.DECISION_UNDECIDED);
  assert.equal(run([says("undecided")]).decision, Decision.DECISION_PASS);
});

test("a check that would begin after the deadline is recorded as skipped", () => {
  let time = 0;
  const slow: Check = {
    name: "slow",
    judge: () => {
      time = 200;
      return { decision: "pass", score: 0, detail: "" };
    },
  };
  const verdict = run([slow, says("fail")], { clock: () => time });
  assert.deepEqual(
    verdict.reasons.map((reason) => reason.skipped),
    [false, true],
  );
  assert.equal(verdict.decision, Decision.DECISION_PASS);
});

test("a check that breaks is recorded as skipped and does not fail the answer", () => {
  const broken: Check = {
    name: "broken",
    judge: () => {
      throw new Error("boom");
    },
  };
  const verdict = run([broken, says("pass")]);
  assert.equal(verdict.reasons[0]?.skipped, true);
  assert.equal(verdict.decision, Decision.DECISION_PASS);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import { Answer, Decision, Phase } from "@sluice/proto/validator/v1/validator_service";
import { type Check, type Opinion, PASS } from "./checks/check.ts";
import { type RunInput, runChecks } from "./run-checks.ts";

const log = createLogger({ level: "silent", service: "validator" });
const says = (decision: Opinion["decision"], more: Partial<Opinion> = {}): Check => ({
  name: decision,
  judge: () => ({ decision, score: 0, detail: "", ...more }),
});
const run = (checks: readonly Check[], more: Partial<RunInput> = {}) =>
  runChecks({
    checks,
    answers: [Answer.create()],
    phase: Phase.PHASE_FINAL,
    chat: undefined,
    allowRepair: true,
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

test("a repair brings its text, and a failure beside it counts more", () => {
  const repair = says("repair", { repaired: "{}" });
  const repaired = run([says("pass"), repair]);
  assert.deepEqual([repaired.decision, repaired.repairedText], [Decision.DECISION_REPAIR, "{}"]);
  const failed = run([repair, says("fail")]);
  assert.deepEqual([failed.decision, failed.repairedText], [Decision.DECISION_FAIL, ""]);
});

test("only a single choice may be repaired", () => {
  const asked: boolean[] = [];
  const asks: Check = {
    name: "asks",
    judge: ({ allowRepair }) => {
      asked.push(allowRepair);
      return PASS;
    },
  };
  run([asks]);
  run([asks], { answers: [Answer.create(), Answer.create()] });
  assert.deepEqual(asked, [true, false, false]);
});

test("undecided asks for more only in the window", () => {
  assert.equal(run([says("undecided")], { phase: Phase.PHASE_WINDOW }).decision, Decision.DECISION_UNDECIDED);
  assert.equal(run([says("undecided")]).decision, Decision.DECISION_PASS);
  assert.equal(run([says("undecided"), says("fail")], { phase: Phase.PHASE_WINDOW }).decision, Decision.DECISION_FAIL);
});

test("a check that passes is not listed unless it has something to say", () => {
  const silent: Check = { name: "silent", judge: () => PASS };
  const verdict = run([silent, says("pass", { score: 0.4, detail: "odd" })]);
  assert.deepEqual(
    verdict.reasons.map(({ check, score, detail }) => [check, score, detail]),
    [["pass", 0.4, "odd"]],
  );
});

test("a check that would begin after the deadline is recorded as skipped", () => {
  let time = 0;
  const slow: Check = {
    name: "slow",
    judge: () => {
      time = 200;
      return PASS;
    },
  };
  const verdict = run([slow, says("fail")], { clock: () => time });
  assert.deepEqual(
    verdict.reasons.map(({ check, skipped }) => [check, skipped]),
    [["fail", true]],
  );
  assert.equal(verdict.decision, Decision.DECISION_PASS);
});

test("a check that breaks or cannot say is recorded as skipped and does not fail the answer", () => {
  const broken: Check = {
    name: "broken",
    judge: () => {
      throw new Error("boom");
    },
  };
  const verdict = run([broken, says("skipped", { detail: "too large" }), says("pass")]);
  assert.deepEqual(
    verdict.reasons.map(({ check, skipped, detail }) => [check, skipped, detail]),
    [
      ["broken", true, "the check broke"],
      ["skipped", true, "too large"],
    ],
  );
  assert.equal(verdict.decision, Decision.DECISION_PASS);
});

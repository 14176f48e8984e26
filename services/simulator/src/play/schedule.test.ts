import assert from "node:assert/strict";
import { test } from "node:test";
import { createSchedule } from "./schedule.ts";

test("tokens come in order, at about the speed asked for", () => {
  const schedule = createSchedule({ ttftMs: 100, tokensPerSecond: 50, pace: 1 }, 3, 1);
  for (let index = 1; index < 500; index++) assert.ok(schedule.dueMs(index) >= schedule.dueMs(index - 1));
  const seconds = (schedule.dueMs(500) - schedule.dueMs(0)) / 1_000;
  assert.ok(Math.abs(seconds - 10) < 0.05, String(seconds));
  assert.ok(schedule.dueMs(0) >= 80 && schedule.dueMs(0) <= 120);
});

test("tokensAt counts what is due, from none to all", () => {
  const schedule = createSchedule({ ttftMs: 100, tokensPerSecond: 50, pace: 1 }, 3, 1);
  assert.equal(schedule.tokensAt(10, 40), 0);
  assert.equal(schedule.tokensAt(schedule.dueMs(7), 40), 8);
  assert.equal(schedule.tokensAt(60_000, 40), 40);
});

test("pace 0 waits for nothing, except a slow first token that was asked for", () => {
  const pace = { ttftMs: 100, tokensPerSecond: 50, pace: 0 };
  assert.equal(createSchedule(pace, 3, 1).unpaced, true);
  assert.equal(createSchedule(pace, 3, 1, 250).dueMs(9), 250);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { after } from "./index.ts";

test("calls back in time, long times up to a quarter of a second late, never early", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  let now = 1_000;
  t.mock.method(performance, "now", () => now);
  const called: string[] = [];
  after(100, () => called.push("short"));
  after(3_000, () => called.push("long"));
  after(3_000, () => called.push("long too"));
  after(60_000, () => called.push("minute"));
  const at = new Map<string, number>();
  for (let ms = 1; ms <= 61_000; ms++) {
    now += 1;
    t.mock.timers.tick(1);
    for (const name of called) if (!at.has(name)) at.set(name, ms);
  }
  assert.deepEqual(called, ["short", "long", "long too", "minute"]);
  assert.equal(at.get("short"), 100);
  for (const [name, ms] of [
    ["long", 3_000],
    ["minute", 60_000],
  ] as const) {
    const late = (at.get(name) ?? 0) - ms;
    assert.ok(late >= 0 && late <= 500, `${name} was ${late} ms late`);
  }
});

test("what is taken back is not called, and keeps no process alive", async (t) => {
  const callback = t.mock.fn();
  const back = [after(20, callback), after(5_000, callback), after(5_000, callback), after(9_000, callback)];
  for (const take of back) take();
  for (const take of back) take();
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(callback.mock.callCount(), 0);
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === "Timeout"),
    [],
  );
});

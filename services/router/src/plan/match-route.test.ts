import assert from "node:assert/strict";
import { test } from "node:test";
import { routerConfig } from "../config.ts";
import { routeMatcher } from "./match-route.ts";

const matcher = routeMatcher(
  routerConfig.parse({
    timeouts: { total_ms: 9_000, idle_ms: 700 },
    routes: [
      { models: ["exact"], attempts_max: 1 },
      { models: ["gpt-*-mini", "*/small"], validation_level: "strict", json_repair: false },
      { models: ["team-*"], structured_stream: "eager", failover: false, timeouts: { total_ms: 5 } },
      { models: ["*"], default_output_tokens: 7 },
    ],
  }),
);

test("the first rule whose pattern matches the whole name counts", () => {
  const route = (name: string) => matcher(name).route;
  assert.equal(route("exact"), "exact");
  assert.equal(route("exactly"), "*");
  assert.equal(route("gpt-4.1-mini"), "gpt-*-mini");
  assert.equal(route("gpt-mini"), "*", "a star is not allowed to overlap what stands around it");
  assert.equal(route("sim/small"), "*/small");
  assert.equal(route("anything else"), "*");
});

test("a rule's wishes stand over the router's own", () => {
  assert.equal(matcher("exact").attemptsMax, 1);
  assert.equal(matcher("gpt-4-mini").validationLevel, "strict");
  assert.equal(matcher("gpt-4-mini").jsonRepair, false);
  assert.equal(matcher("gpt-4-mini").attemptsMax, 5);
  const team = matcher("team-a");
  assert.deepEqual([team.eager, team.failover, team.timeouts.total_ms, team.timeouts.idle_ms], [true, false, 5, 700]);
  assert.equal(matcher("other").defaultOutputTokens, 7);
});

test("without rules nothing differs", () => {
  const { route, rule, failover } = routeMatcher(routerConfig.parse({}))("any");
  assert.deepEqual([route, rule, failover], ["", undefined, true]);
});

test("a pattern of many stars is quick on any name", () => {
  const many = routeMatcher(routerConfig.parse({ routes: [{ models: [`${"a*".repeat(50)}b`] }] }));
  assert.equal(many("a".repeat(5_000)).route, "");
});

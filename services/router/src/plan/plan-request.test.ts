import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { indexCatalog } from "../catalog/catalog.ts";
import { routerConfig } from "../config.ts";
import { Breakers } from "../health/breakers.ts";
import { candidate } from "../testing/fakes.ts";
import { routeMatcher } from "./match-route.ts";
import { planRequest } from "./plan-request.ts";

const catalog = indexCatalog(["one", "two", "three"].map(candidate), ["a"]);

/** The plan for a name whose targets have these weights, while some of them are failing. */
function planned(
  weights: Readonly<Record<string, number>>,
  failing: readonly string[],
  strategy?: "priority" | "pinned",
) {
  const breakers = new Breakers(
    { failuresMin: 1, failureShare: 0.5, windowMs: 1_000, openMs: 1_000, openMaxMs: 1_000 },
    () => undefined,
  );
  for (const name of failing) breakers.ended(`a/${name}`, { sign: "failure", probe: false }, 0);
  const targets = Object.entries(weights).map(([name, weight]) => ({ model: `a/${name}`, weight }));
  const config = routerConfig.parse({ routes: [{ models: ["any"], targets, strategy }] });
  const plan = planRequest({
    chat: ChatRequest.fromPartial({ model: "any" }),
    options: undefined,
    catalog,
    aliases: {},
    lifecycle: { today: "2026-01-01", migrations: {}, ended: "refuse" as const },
    routes: routeMatcher(config),
    breakers,
    now: 1,
    random: () => 0.5,
  });
  return Object.fromEntries(plan.ordered.map(({ candidate: { model }, propensity }) => [model, propensity]));
}

test("the chances that are logged are those of the order that is tried, failing candidates put behind", () => {
  assert.deepEqual(planned({ one: 8, two: 6, three: 2 }, []), { one: 0.5, two: 0.375, three: 0.125 });
  assert.deepEqual(planned({ one: 8, two: 6, three: 2 }, ["one"]), { two: 0.75, three: 0.25, one: 0 });
  assert.deepEqual(planned({ one: 1, two: 1 }, ["one", "two"]), { one: 0.5, two: 0.5 });
  assert.deepEqual(planned({ one: 1, two: 1, three: 1 }, ["one"], "priority"), { two: 1, three: 0, one: 0 });
  assert.deepEqual(planned({ one: 1, two: 1 }, ["one"], "pinned"), { one: 1 });
});

test("weights may be far apart", () => {
  const order = Object.keys(planned({ one: 1e-300, two: 1_000_000, three: 5e-324 }, []));
  assert.equal(order[0], "two");
  assert.equal(order.length, 3);
});

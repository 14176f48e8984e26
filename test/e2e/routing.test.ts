// shapes: embedded distributed
import assert from "node:assert/strict";
import OpenAI from "openai";
import { eventually } from "../harness/poll.ts";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";
import { allSettledAttempts } from "./support/settled.ts";

const GOOD = "sim/small+length=20";

interface Answered {
  readonly text: string;
  readonly header: (name: string) => string | null;
}

async function ask(
  system: System,
  model: string,
  more: { readonly headers?: Record<string, string>; readonly apiKey?: string } = {},
): Promise<Answered> {
  const client = new OpenAI({ baseURL: `${system.url}/v1`, apiKey: more.apiKey ?? system.apiKey, maxRetries: 0 });
  const { data, response } = await client.chat.completions
    .create({ model, messages: [{ role: "user", content: "Hello" }] }, { headers: more.headers ?? {} })
    .withResponse();
  return { text: data.choices[0]?.message.content ?? "", header: (name) => response.headers.get(name) };
}

async function refused(question: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await question;
  } catch (error) {
    assert.ok(error instanceof OpenAI.APIError, String(error));
    return error;
  }
  throw new Error("answered as if nothing were wrong");
}

const aliases = {
  second: ["sim/small+503+length=31", GOOD],
  broken: ["sim/small+503+length=32", "sim/small+empty+length=32"],
  weighted: [
    { model: "sim/small+length=21", weight: 1 },
    { model: "sim/small+length=22", weight: 1 },
  ],
  sick: ["sim/small+503+length=33", GOOD],
  poor: ["sim/small+503+length=34", "sim/large+length=1000"],
};
const routes = [
  { models: ["rule-*"], targets: ["sim/small+503+length=35", GOOD], failover: false },
  { models: ["strict-*"], targets: ["sim/small+whitespace+length=36", "sim/exact"], validation_level: "strict" },
];

const cases: readonly Case[] = [
  [
    "the second target of an alias serves when the first fails, and the cost of both is told",
    async (system) => {
      const { text, header } = await ask(system, "second");
      assert.ok(text.length > 0);
      assert.equal(header("x-sluice-attempts"), "2");
      assert.equal(header("x-sluice-model"), "small+length=20");
      assert.ok(Number(header("x-sluice-cost-usd")) > 0);
    },
  ],
  [
    "when all targets fail the error says how many attempts were made, and that repeating is of no use",
    async (system) => {
      const error = await refused(ask(system, "broken"));
      assert.ok(error.status === 502 || error.status === 503, String(error.status));
      assert.equal(error.headers?.get("x-sluice-attempts"), "4");
      assert.equal(error.headers?.get("x-should-retry"), "false");
    },
  ],
  [
    "a single model is asked again after a passing failure, and not when the caller forbids it",
    async (system) => {
      const twice = await refused(ask(system, "sim/small+503+length=37"));
      assert.equal(twice.headers?.get("x-sluice-attempts"), "2");
      const once = await refused(ask(system, "sim/small+503+length=38", { headers: { "x-sluice-failover": "off" } }));
      assert.equal(once.headers?.get("x-sluice-attempts"), "1");
    },
  ],
  [
    "weights share the requests out",
    async (system) => {
      const models = new Set<string | null>();
      for (let round = 0; round < 60 && models.size < 2; round++)
        models.add((await ask(system, "weighted")).header("x-sluice-model"));
      assert.deepEqual([...models].sort(), ["small+length=21", "small+length=22"]);
    },
  ],
  [
    "a route rule gives targets and forbids failover, another one judges strictly",
    async (system) => {
      const error = await refused(ask(system, "rule-a"));
      assert.equal(error.headers?.get("x-sluice-attempts"), "1");
      const { header } = await ask(system, "strict-b");
      assert.equal(header("x-sluice-model"), "exact");
      const unknown = await refused(ask(system, "other-a"));
      assert.equal(unknown.status, 404);
    },
  ],
  [
    "a model that keeps failing is tried last",
    async (system) => {
      await eventually(async () => {
        const { header } = await ask(system, "sick");
        return header("x-sluice-attempts") === "1" && header("x-sluice-model") === "small+length=20";
      });
    },
  ],
  [
    "a budget without room for a second attempt ends the request with the first failure and says so",
    async (system) => {
      const key = await system.createKey(["--budget-usd", "0.00002"]);
      const error = await refused(ask(system, "poor", { apiKey: key.secret }));
      assert.equal(error.status, 503, error.message);
      assert.match(error.headers?.get("x-sluice-warnings") ?? "", /no further attempt: budget_(?:exhausted|held)/);
    },
  ],
  [
    "every attempt is in the ledger with what was billed",
    async (system) => {
      const attempts = await allSettledAttempts(system);
      assert.ok(attempts.length > 10);
      for (const { bill, postedUsd } of attempts)
        if (bill.model.includes("503")) assert.equal(postedUsd, "0", bill.model);
    },
  ],
];

proveInEachShape("routing", cases, {
  settings: {
    "router.aliases": JSON.stringify(aliases),
    "router.routes": JSON.stringify(routes),
    "router.retry.backoff_ms": 20,
    "router.validation_deadline_ms": 10_000,
  },
});

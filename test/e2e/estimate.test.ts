// shapes: embedded distributed
import assert from "node:assert/strict";
import { eventually } from "../harness/index.ts";
import type { System } from "../harness/system.ts";
import { type Case, proveInEachShape } from "./support/cases.ts";

interface Budget {
  readonly account: string;
  readonly unit: string;
  readonly window: string;
  readonly limit: string | null;
  readonly held: string;
  readonly needed: string;
  readonly fits: string;
}

interface Candidate {
  readonly provider: string;
  readonly model: string;
  readonly input_tokens: { readonly expected: number; readonly bound: number; readonly method: string };
  readonly output_tokens: { readonly expected: number; readonly bound: number; readonly method: string };
  readonly expected_cost_usd: string | null;
  readonly worst_case_cost_usd: string | null;
  readonly worst_case_cost_nanousd: string | null;
  readonly would_be_admitted: boolean;
  readonly refusal: { readonly code: string } | null;
  readonly budgets: readonly Budget[];
  readonly unbounded: readonly string[];
}

interface Estimate {
  readonly object: string;
  readonly candidates: readonly Candidate[];
}

const ask = { messages: [{ role: "user", content: "Hello" }], max_tokens: 10 };

async function post(system: System, path: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${system.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${system.apiKey}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...ask, ...body }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response;
}

const estimate = async (system: System, body: object): Promise<Estimate> =>
  (await (await post(system, "/v1/estimate", body)).json()) as Estimate;

const truth: Case = [
  "an estimate says what the same request then costs, and calls nobody",
  async (system) => {
    // The ledger may be the last to stand.
    const { candidates } = await eventually(() => estimate(system, { model: "sim/exact" }));
    const [candidate] = candidates;
    // Five bytes of text and four of the frame; the simulator's exact model uses its whole bound.
    assert.deepEqual(candidate?.input_tokens, { expected: 9, bound: 9, method: "exact" });
    assert.equal(candidate?.output_tokens.bound, 10);
    assert.equal(candidate?.would_be_admitted, true);
    assert.equal(system.simulator.bills().length, 0);
    const answered = await post(system, "/v1/chat/completions", { model: "sim/exact" });
    assert.equal(answered.headers.get("x-sluice-cost-usd"), candidate?.worst_case_cost_usd);
    await answered.text();
  },
];

const dry: Case = [
  "a dry run of a chat request answers the same, candidate by candidate in the order of trying",
  async (system) => {
    const before = system.simulator.bills().length;
    const header = { "x-sluice-dry-run": "estimate" };
    const told = await post(system, "/v1/chat/completions", { model: "steady", stream: true }, header);
    const { candidates } = (await told.json()) as Estimate;
    assert.deepEqual(
      candidates.map(({ model }) => model),
      ["small", "large"],
    );
    assert.deepEqual((await estimate(system, { model: "steady" })).candidates, candidates);
    assert.equal(system.simulator.bills().length, before);
  },
];

const binding: Case = [
  "the budgets that would bind are told with what is needed of them; nothing is held",
  async (system) => {
    const set = await system.command(["budgets", "set", "model", "sim/large", "--usd", "0.000001"]);
    assert.equal(set.code, 0, set.stderr);
    const { candidates } = await estimate(system, { model: "steady" });
    const [small, large] = candidates;
    assert.equal(small?.would_be_admitted, true);
    assert.deepEqual([large?.would_be_admitted, large?.refusal?.code], [false, "budget_exhausted"]);
    const bound = large?.budgets.find(({ account }) => account === "model:sim/large");
    assert.deepEqual([bound?.unit, bound?.window, bound?.limit, bound?.fits], ["usd", "total", "0.000001", "no"]);
    assert.equal(bound?.held, "0");
    assert.equal(bound?.needed, large?.worst_case_cost_usd);
    const again = await estimate(system, { model: "steady" });
    assert.deepEqual(again.candidates, candidates);
  },
];

const unbounded: Case = [
  "what cannot be bounded is named, and refused where a limit is hard",
  async (system) => {
    const remote = { model: "steady", web_search_options: {} };
    const { candidates } = await estimate(system, remote);
    const [small, large] = candidates;
    assert.deepEqual([small?.unbounded, small?.would_be_admitted], [["web search"], true]);
    assert.deepEqual([large?.would_be_admitted, large?.refusal?.code], [false, "unbounded"]);
  },
];

proveInEachShape("what a request would cost can be asked", [truth, dry, binding, unbounded], {
  settings: { "router.aliases": JSON.stringify({ steady: ["sim/small", "sim/large"] }) },
});

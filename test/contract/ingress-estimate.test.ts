import assert from "node:assert/strict";
import { after, test } from "node:test";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { type EstimateRequest, EstimateResponse } from "@sluice/proto/router/v1/router_service";
import { openDoor } from "./ingress-door.ts";

const asked: EstimateRequest[] = [];
let routed = 0;
const door = await openDoor({
  route: () => {
    routed++;
    throw new Error("A dry run was answered.");
  },
  estimate: async (request) => {
    asked.push(request);
    return EstimateResponse.fromPartial({
      strategy: "priority",
      candidates: [
        {
          provider: "p",
          model: "m",
          input: { expected: 90n, bound: 100n, method: "calibrated" },
          output: { expected: 12n, bound: 50n, method: "asked" },
          n: 2,
          expectedNanousd: 1_500n,
          worstCaseNanousd: 9_007_199_254_740_993n,
          priceVersion: "p/m@1",
          limits: [
            {
              balance: {
                account: { kind: AccountKind.ACCOUNT_KIND_TEAM, id: "core" },
                unit: Unit.UNIT_NANOUSD,
                window: "month",
                limit: 1_000_000_000n,
                spent: 999_999_999n,
                held: 1n,
              },
              needed: 2n,
              fitsLater: false,
            },
            {
              balance: {
                account: { kind: AccountKind.ACCOUNT_KIND_KEY, id: "k" },
                unit: Unit.UNIT_TOKENS,
                window: "day",
              },
              needed: 200n,
              fits: true,
              fitsLater: true,
            },
          ],
          refused: {
            reason: RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED,
            account: { kind: AccountKind.ACCOUNT_KIND_TEAM, id: "core" },
            message: "no room",
          },
        },
        { provider: "p", model: "unpriced", n: 1, unbounded: ["file"] },
      ],
      excluded: [{ provider: "q", model: "x", reason: "no credential is stored" }],
    });
  },
});
after(() => door.stop());

const body = { model: "sim/small", messages: [{ role: "user", content: "Hi" }], n: 2, max_tokens: 50 };
const post = (path: string, headers: Record<string, string> = {}, json: unknown = body) =>
  door.fetch(path, {
    method: "POST",
    body: JSON.stringify(json),
    headers: { "content-type": "application/json", ...headers },
  });

interface Told {
  readonly candidates: readonly Record<string, unknown>[];
  readonly excluded: readonly unknown[];
}

test("an estimate tells tokens, exact money and which budgets would bind, candidate by candidate", async () => {
  const response = await post("/v1/estimate");
  assert.equal(response.status, 200);
  const told = (await response.json()) as Told;
  const [first, second] = told.candidates;
  assert.deepEqual(first?.["input_tokens"], { expected: 90, bound: 100, method: "calibrated" });
  assert.equal(first?.["expected_cost_usd"], "0.0000015");
  assert.equal(first?.["worst_case_cost_nanousd"], "9007199254740993");
  assert.equal(first?.["worst_case_cost_usd"], "9007199.254740993");
  assert.equal(first?.["would_be_admitted"], false);
  assert.deepEqual(first?.["budgets"], [
    {
      account: "team:core",
      window: "month",
      unit: "usd",
      soft: false,
      limit: "1",
      spent: "0.999999999",
      held: "0.000000001",
      needed: "0.000000002",
      fits: "no",
    },
    {
      account: "key:k",
      window: "day",
      unit: "tokens",
      soft: false,
      limit: null,
      spent: "0",
      held: "0",
      needed: "200",
      fits: "yes",
    },
  ]);
  assert.deepEqual([second?.["unpriced"], second?.["worst_case_cost_usd"]], [true, null]);
  assert.deepEqual(second?.["unbounded"], ["file"]);
  assert.deepEqual(told.excluded, [{ provider: "q", model: "x", reason: "no credential is stored" }]);
  const [request] = asked;
  assert.equal(request?.chat?.n, 2);
  assert.equal(request?.context?.tenantId, "org_1");
});

test("the header makes a dry run of a chat request, streamed or not; another word is refused, not answered", async () => {
  for (const stream of [false, true]) {
    const response = await post("/v1/chat/completions", { "x-sluice-dry-run": "estimate" }, { ...body, stream });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    assert.equal(((await response.json()) as { object: string }).object, "estimate");
  }
  const misspelt = await post("/v1/chat/completions", { "x-sluice-dry-run": "true" });
  assert.equal(misspelt.status, 400);
  assert.match(await misspelt.text(), /x-sluice-dry-run must be \\"estimate\\"/);
  assert.equal(routed, 0);
});

test("an estimate asks for a key, and for a request that could be made", async () => {
  assert.equal((await post("/v1/estimate", { authorization: "Bearer sk-nobody" })).status, 401);
  const broken = await post("/v1/estimate", {}, { model: "sim/small" });
  assert.equal(broken.status, 400);
  assert.match(await broken.text(), /messages/);
  assert.equal((await door.fetch("/v1/estimate")).status, 405);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { CallContext } from "@sluice/proto/common/v1/call_context";
import { AccountBalance } from "@sluice/proto/ledger/v1/ledger_service";
import type { ResolvedCandidate } from "../catalog/resolve-model.ts";
import { routerConfig } from "../config.ts";
import { candidate } from "../testing/fakes.ts";
import { Economy } from "./economy.ts";

const context = CallContext.fromPartial({ tenantId: "org_1", teamId: "team_1", keyId: "key_1" });
const CANDIDATES: readonly ResolvedCandidate[] = ["small", "large"].map((model) => ({
  provider: "a",
  model,
  weight: 1,
  entry: { ...candidate(model), priceId: `a/${model}` },
}));
const PRICES = new Map([["a/small", { input: 100_000_000n, output: 400_000_000n }]]);

function economyOf(rule: Record<string, unknown>, balances: readonly Partial<AccountBalance>[]): Economy {
  const { economy } = routerConfig.parse({
    economy: [{ account: "team", window: "month", used_percent: 80, ...rule }],
  });
  return new Economy(economy, {
    balances: { of: async () => balances.map((each) => AccountBalance.fromPartial(each)) },
    prices: { of: async (id) => PRICES.get(id) },
  });
}

async function forbidden(economy: Economy): Promise<readonly (string | undefined)[] | undefined> {
  const thrift = await economy.thriftFor(context, () => CANDIDATES);
  return thrift === undefined ? undefined : CANDIDATES.map(thrift);
}

const month = { window: "month", limit: 100n };

test("below its share a rule forbids nothing; from it on only the models it names may be asked", async () => {
  const rule = { models: ["*/small"] };
  assert.equal(await forbidden(economyOf(rule, [{ ...month, spent: 70n, held: 9n }])), undefined);
  const [small, large] = (await forbidden(economyOf(rule, [{ ...month, spent: 70n, held: 10n }]))) ?? [];
  assert.equal(small, undefined);
  assert.match(String(large), /budget of this month of team "team_1" is 80 % used/);
});

test("the fullest limit of the window counts; other windows and accounts without a limit do not", async () => {
  const rule = { models: ["*/small"] };
  assert.equal(await forbidden(economyOf(rule, [{ window: "day", limit: 10n, spent: 10n }])), undefined);
  assert.equal(await forbidden(economyOf(rule, [{ window: "month", spent: 10n }])), undefined);
  const two = [
    { ...month, spent: 10n },
    { ...month, spent: 95n },
  ];
  assert.notEqual(await forbidden(economyOf(rule, two)), undefined);
  assert.notEqual(await forbidden(economyOf(rule, [{ window: "month", limit: 0n }])), undefined);
});

test("models are told apart by their list prices; one without a price is not cheaper", async () => {
  const full = [{ ...month, spent: 99n }];
  const cheap = economyOf({ cheaper_than: { input_usd_per_million: 0.1, output_usd_per_million: 0.4 } }, full);
  assert.deepEqual(
    (await forbidden(cheap))?.map((reason) => reason === undefined),
    [true, false],
  );
  const cheaper = economyOf({ cheaper_than: { input_usd_per_million: 0.09 } }, full);
  assert.deepEqual(
    (await forbidden(cheaper))?.map((reason) => reason === undefined),
    [false, false],
  );
});

test("a rule about an account the caller does not have never holds", async () => {
  const economy = economyOf({ account: "session", models: ["*/small"] }, [{ ...month, spent: 99n }]);
  assert.equal(await forbidden(economy), undefined);
});

test("a rule must say which models may be asked", () => {
  assert.equal(routerConfig.safeParse({ economy: [{ account: "org", used_percent: 80 }] }).success, false);
});

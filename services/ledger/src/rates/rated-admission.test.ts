import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "@sluice/platform/log";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { HoldRequest, HoldResponse } from "@sluice/proto/ledger/v1/ledger_service";
import type { Hold } from "../holds/types.ts";
import type { LedgerMetrics } from "../ledger-metrics.ts";
import { EmbeddedRates } from "./embedded-rates.ts";
import { RateKeeper } from "./rate-keeper.ts";
import { RatedAdmission } from "./rated-admission.ts";
import { settleRates } from "./settled-rates.ts";

const AT = 1_700_000_000_000;
const KEY = { kind: "key", id: "k1" } as const;
const log = createLogger({ level: "silent", service: "ledger" });
const metrics = { refused: { rate_limited: { add: () => undefined } } } as unknown as LedgerMetrics;

async function minute(tokens: number) {
  const rates = new RateKeeper(new EmbeddedRates(), { load: async () => [], save: async () => undefined });
  await rates.set({ tenant: "t1", account: KEY, limits: { requests: undefined, tokens } });
  const admission = new RatedAdmission({
    rates,
    store: { find: async () => new Map() },
    metrics,
    log,
    ttlMaxMs: 60_000,
    now: () => AT,
    hold: async ({ outputTokenBound }) =>
      HoldResponse.fromPartial({ outcome: { $case: "granted", value: { holdId: "h", outputTokenBound } } }),
  });
  let last = 0;
  const ask = async (units: { inputAudioTokens?: bigint; outputAudioTokens?: bigint }) => {
    const request = HoldRequest.fromPartial({
      ...{ attemptId: `a${++last}`, tenantId: "t1", priceId: "p", inputTokenBound: 10n, n: 1, ttlMs: 1_000n, units },
      accounts: [{ kind: AccountKind.ACCOUNT_KIND_KEY, id: "k1" }],
    });
    return (await admission.hold(request)).outcome?.$case;
  };
  /** What the counter has left: the most that still fits. */
  const fits = async (count: number) => {
    const answer = await rates.look({
      tenant: "t1",
      accounts: [KEY],
      need: { requests: 0, tokens: count },
      at: AT,
    });
    return answer?.kind === "granted";
  };
  const settle = (held: bigint, used: bigint) => {
    const amounts = (inputTokens: bigint) => ({ nanousd: 0n, inputTokens, outputTokens: 0n });
    const hold = { tenant: "t1", accounts: [KEY], placedAt: AT, amounts: amounts(held) } as unknown as Hold;
    return settleRates({ rates, log }, [{ hold, total: amounts(used) }]);
  };
  return { ask, fits, settle };
}

test("sound counts in the minute before it is heard or spoken", async () => {
  for (const units of [{ inputAudioTokens: 900n }, { outputAudioTokens: 900n }]) {
    const { ask, fits } = await minute(1_000);
    assert.deepEqual([await ask(units), await fits(90), await fits(91)], ["granted", true, false]);
    assert.equal(await ask(units), "refused");
  }
});

test("what sound did not use is given back, and no more than was taken", async () => {
  const { ask, fits, settle } = await minute(1_000);
  await ask({ inputAudioTokens: 900n });
  await settle(910n, 110n);
  assert.deepEqual([await fits(890), await fits(891)], [true, false]);
});

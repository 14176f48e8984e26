import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/platform/errors";
import { type Account, AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { HoldRequest, type HoldResponse, RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { eventually } from "../harness/index.ts";
import { KEY, type LedgerWorld, ORG } from "./ledger-world.ts";

const TENANT = "acme";
const SES: Account = { kind: AccountKind.ACCOUNT_KIND_SESSION, id: "ses_1" };
const MODEL: Account = { kind: AccountKind.ACCOUNT_KIND_MODEL, id: "acme/exact" };
/** What a door sends for a call on a slice: its parents are known to the ledger. */
export const ON_SLICE: Partial<HoldRequest> = { accounts: [SES, MODEL], sliceId: SES.id };
const LATER_MS = 3_600_000;

function refusal({ outcome }: HoldResponse) {
  assert.ok(outcome?.$case === "refused");
  return outcome.value;
}

export async function openSlice(world: LedgerWorld, value: bigint, more: { id?: string; lifeMs?: number } = {}) {
  return await world.ledger.openSlice({
    sessionId: more.id ?? SES.id,
    tenantId: TENANT,
    parents: [ORG, KEY],
    amounts: [{ unit: Unit.UNIT_NANOUSD, value }],
    expiresAtMs: BigInt(Date.now() + (more.lifeMs ?? LATER_MS)),
  });
}

export async function moneyOf(world: LedgerWorld, account: Account) {
  const { balances } = await world.ledger.balance({ tenantId: TENANT, accounts: [account] });
  const total = balances.find(({ unit, window }) => unit === Unit.UNIT_NANOUSD && window === "total");
  return [total?.spent ?? 0n, total?.held ?? 0n];
}

/** Sessions with slices, previews and what has no bound, over the contract. */
export function ledgerSessionsSuite(
  name: string,
  make: (config: Record<string, unknown>) => LedgerWorld,
  kept: Kept,
): void {
  const open = async (t: TestContext, config: Record<string, unknown> = {}): Promise<LedgerWorld> => {
    const world = make(config);
    t.after(() => world.close());
    return await world.start();
  };

  describe(`sessions (${name})`, () => sessions(open));
  describe(`sessions that are over (${name})`, () => pastSessions(open, kept));
  describe(`previews and what has no bound (${name})`, () => previews(open));
}

/** Accounts that the hold store of a world has totals of, as it keeps them; the world has stopped. */
export type Kept = (world: LedgerWorld) => Promise<readonly string[]>;

type Open = (t: TestContext, config?: Record<string, unknown>) => Promise<LedgerWorld>;

function sessions(open: Open): void {
  test("a session's calls are paid by its slice, on all its parents, and what is left comes back when it is closed", async (t) => {
    const world = await open(t);
    await world.limit(10_000n);
    assert.equal((await openSlice(world, 8_000n)).refused, undefined);
    const second = await openSlice(world, 3_000n, { id: "ses_2" });
    assert.equal(second.refused?.reason, RefusalReason.REFUSAL_REASON_BUDGET_HELD);
    await world.granted("att_1", 5n, ON_SLICE);
    assert.deepEqual(await moneyOf(world, KEY), [0n, 8_000n]);
    await world.metered("att_1", 2n);
    await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [2_000n, 6_000n]));
    assert.deepEqual(await moneyOf(world, SES), [2_000n, 0n]);
    const full = refusal(await world.hold("att_2", 7n, ON_SLICE));
    assert.deepEqual([full.reason, full.account], [RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED, SES]);
    await world.granted("att_3", 4n, ON_SLICE);
    assert.deepEqual(await world.ledger.closeSlice({ sessionId: SES.id, tenantId: TENANT }), { draining: true });
    assert.deepEqual(await moneyOf(world, KEY), [2_000n, 4_000n]);
    const ended = refusal(await world.hold("att_4", 1n, ON_SLICE));
    assert.equal(ended.reason, RefusalReason.REFUSAL_REASON_SESSION_ENDED);
    await world.metered("att_3", 4n);
    await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [6_000n, 0n]));
    assert.deepEqual(await world.ledger.closeSlice({ sessionId: SES.id, tenantId: TENANT }), { draining: false });
    assert.deepEqual(await world.postings(), [
      ["att_1", "metered", 2_000n],
      ["att_3", "metered", 4_000n],
    ]);
    assert.deepEqual(await moneyOf(world, ORG), [6_000n, 0n]);
  });

  test("a slice and its calls are there after a restart", async (t) => {
    const world = await open(t);
    await world.limit(10_000n);
    await openSlice(world, 8_000n);
    await world.granted("att_1", 5n, ON_SLICE);
    await world.metered("att_1", 1n);
    await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [1_000n, 7_000n]));
    await world.granted("att_2", 3n, ON_SLICE);
    await world.stop();
    await world.start();
    assert.deepEqual(await moneyOf(world, KEY), [1_000n, 7_000n]);
    assert.equal(refusal(await world.hold("att_3", 5n, ON_SLICE)).reason, RefusalReason.REFUSAL_REASON_BUDGET_HELD);
    await world.granted("att_4", 4n, ON_SLICE);
  });

  test("a slice ends by itself with its session, and leaves calls in flight what they hold", async (t) => {
    const world = await open(t);
    await openSlice(world, 8_000n, { lifeMs: 400 });
    await world.granted("att_1", 5n, ON_SLICE);
    await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [0n, 5_000n]));
    // The fact is told after the hold has ended.
    await eventually(async () => {
      const [ended] = await world.events("hold.ended");
      assert.deepEqual([ended?.holdId, ended?.ending, ended?.reason], [SES.id, "void", "The session ended."]);
    });
    assert.equal(refusal(await world.hold("att_2", 1n, ON_SLICE)).reason, RefusalReason.REFUSAL_REASON_SESSION_ENDED);
  });

  test("opening twice is opening once; another content, and what cannot be, is an error that names the field", async (t) => {
    const world = await open(t);
    const expiresAtMs = BigInt(Date.now() + LATER_MS);
    const slice = { sessionId: SES.id, tenantId: TENANT, parents: [KEY], expiresAtMs };
    const amounts = [{ unit: Unit.UNIT_NANOUSD, value: 5n }];
    for (let i = 0; i < 2; i++) await world.ledger.openSlice({ ...slice, amounts });
    assert.deepEqual(await moneyOf(world, KEY), [0n, 5n]);
    const rejected = (more: object, named: RegExp) =>
      assert.rejects(world.ledger.openSlice({ ...slice, amounts, ...more }), (error: SluiceError) =>
        named.test(error.message),
      );
    await rejected({ amounts: [{ unit: Unit.UNIT_NANOUSD, value: 6n }] }, /other content/);
    await rejected({ amounts: [] }, /amounts is empty/);
    await rejected({ amounts: [{ unit: Unit.UNIT_TOKENS, value: 0n }] }, /amounts has 0/);
    await rejected({ amounts: [...amounts, ...amounts] }, /twice/);
    await rejected({ parents: [] }, /chain has 0/);
    await rejected({ parents: [SES] }, /parents names a session/);
    await rejected({ expiresAtMs: 5n }, /expires_at_ms is 5/);
    await rejected({ sessionId: "a b" }, /hold id/);
  });
}

function pastSessions(open: Open, kept: Kept): void {
  test("a session nobody has used for long leaves the hold store and stays in the books, also after a late correction", async (t) => {
    const day = 86_400_000;
    const world = await open(t, { remember_ended_hours: 24, check_interval_ms: 20, hold_ttl_max_ms: 9 * day });
    const before = { accounts: [ORG, KEY, SES], startedAtMs: BigInt(Date.now() - 2 * day) };
    const recent: Account = { ...SES, id: "ses_2" };
    await world.granted("att_1", 5n, before);
    await world.metered("att_1", 4n);
    await world.granted("att_2", 7n, { ...before, ttlMs: 1n });
    await world.started("att_2");
    await world.granted("att_3", 2n, { accounts: [ORG, KEY, recent] });
    await world.metered("att_3", 2n);
    await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [13_000n, 0n]));
    const enforced = async () => {
      await world.stop();
      const accounts = await kept(world);
      await world.start();
      return accounts.filter((account) => account.startsWith("session:"));
    };
    await eventually(async () => assert.deepEqual(await enforced(), ["session:ses_2"]));
    await world.metered("att_2", 3n);
    await eventually(async () => assert.deepEqual(await moneyOf(world, KEY), [9_000n, 0n]));
    assert.deepEqual(await moneyOf(world, SES), [7_000n, 0n]);
    assert.deepEqual(await enforced(), ["session:ses_2"]);
    const { balanced, differing } = await world.ledger.status({});
    assert.deepEqual([balanced, differing], [true, []]);
    await world.limit(9_000n, Unit.UNIT_NANOUSD, SES);
    const full = refusal(await world.hold("att_4", 3n, { accounts: [ORG, SES] }));
    assert.deepEqual([full.account, full.spent?.value], [SES, 7_000n]);
    await world.granted("att_5", 2n, { accounts: [ORG, SES] });
  });
}

function previews(open: Open): void {
  const asked = (more: Partial<HoldRequest> = {}) =>
    HoldRequest.fromPartial({
      ...{ attemptId: "att_p", requestId: "req_p", tenantId: TENANT, accounts: [ORG, KEY], provider: "sim" },
      ...{ model: "exact", priceId: "sim/exact", outputTokenBound: 5n, n: 1, ttlMs: 1_000n, ...more },
    });

  test("a preview tells what a hold would answer and every limit it meets, and changes nothing", async (t) => {
    const world = await open(t);
    await world.limit(10_000n);
    const soft = { account: ORG, limit: { unit: Unit.UNIT_NANOUSD, value: 6_000n }, window: "day", soft: true };
    await world.ledger.setBudget({ tenantId: TENANT, budget: soft, remove: false });
    await world.granted("att_1", 4n);
    const seen = await world.ledger.preview({ hold: asked() });
    assert.deepEqual([seen.priced, seen.worstCaseNanousd, seen.refused], [true, 5_000n, undefined]);
    const limits = seen.limits.map(({ balance, needed, fits, fitsLater }) => [
      ...[balance?.window, balance?.soft, balance?.limit, balance?.spent, balance?.held, needed, fits, fitsLater],
    ]);
    assert.deepEqual(limits.toSorted(), [
      ["day", true, 6_000n, 0n, 4_000n, 5_000n, false, true],
      ["total", false, 10_000n, 0n, 4_000n, 5_000n, true, true],
    ]);
    const much = await world.ledger.preview({ hold: asked({ outputTokenBound: 8n, outputTokenMinimum: 1n }) });
    assert.deepEqual([much.refused, much.outputTokenBound, much.worstCaseNanousd], [undefined, 6n, 8_000n]);
    const none = await world.ledger.preview({ hold: asked({ outputTokenBound: 11n }) });
    assert.equal(none.refused?.reason, RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED);
    const unpriced = await world.ledger.preview({ hold: asked({ priceId: "sim/nobody-sells-this" }) });
    assert.deepEqual([unpriced.priced, unpriced.refused?.reason], [false, RefusalReason.REFUSAL_REASON_UNPRICED]);
    assert.deepEqual(await moneyOf(world, KEY), [0n, 4_000n]);
    const granted = await world.granted("att_2", 5n);
    assert.deepEqual(
      granted.softLimitsPassed.map(({ window, used }) => [window, used?.value]),
      [["day", 9_000n]],
    );
  });

  test("a preview tells of a rate limit that would refuse, and takes nothing from its minute", async (t) => {
    const world = await open(t);
    const limit = { account: KEY, requestsPerMinute: 2n, tokensPerMinute: 100n };
    await world.ledger.setRateLimit({ tenantId: TENANT, limit });
    const hold = asked({ firstAttempt: true });
    for (let looks = 0; looks < 3; looks++) assert.equal((await world.ledger.preview({ hold })).refused, undefined);
    for (const id of ["att_1", "att_2"]) await world.granted(id, 5n, { firstAttempt: true });
    const { refused, priced, worstCaseNanousd } = await world.ledger.preview({ hold });
    assert.deepEqual([priced, worstCaseNanousd], [true, 5_000n]);
    assert.deepEqual(
      [refused?.reason, refused?.account, refused?.rate?.remainingRequests],
      [RefusalReason.REFUSAL_REASON_RATE_LIMITED, KEY, 0n],
    );
    assert.ok((refused?.retryAfterMs ?? 0n) > 0n);
    const large = await world.ledger.preview({ hold: asked({ outputTokenBound: 101n }) });
    assert.match(refused?.message ?? "", /2 requests per minute/);
    assert.match(large.refused?.message ?? "", /100 tokens per minute.*never fits/);
    assert.equal((await world.ledger.preview({ hold: asked() })).refused, undefined);
  });

  test("what has no bound is denied where a budget must hold, unless an amount is held for it", async (t) => {
    const world = await open(t);
    const more = { unbounded: ["web search"] };
    await world.granted("att_1", 1n, more);
    await world.limit(10_000n);
    const refused = refusal(await world.hold("att_2", 1n, more));
    assert.deepEqual([refused.reason, refused.account], [RefusalReason.REFUSAL_REASON_UNBOUNDED, KEY]);
    assert.match(refused.message, /web search.*key "key_1" has a hard budget/);
    const flat = await world.granted("att_3", 1n, { ...more, extraNanousd: 3_000n });
    assert.equal(flat.heldNanousd, 4_000n);
    const lowered = await world.granted("att_4", 9n, { ...more, extraNanousd: 3_000n, outputTokenMinimum: 1n });
    assert.deepEqual([lowered.outputTokenBound, lowered.heldNanousd], [2n, 5_000n]);
  });
}

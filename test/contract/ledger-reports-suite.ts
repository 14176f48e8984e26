import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/platform/errors";
import { type Account, AccountKind } from "@sluice/proto/common/v1/call_context";
import { Usage } from "@sluice/proto/common/v1/usage";
import { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import type { Posting, ReportRow } from "@sluice/proto/ledger/v1/ledger_service";
import { eventually } from "../harness/index.ts";
import { KEY, type LedgerWorld, ORG } from "./ledger-world.ts";

const TENANT = "acme";
const TEAM_A: Account = { kind: AccountKind.ACCOUNT_KIND_TEAM, id: "team_a" };
const TEAM_B: Account = { kind: AccountKind.ACCOUNT_KIND_TEAM, id: "team_b" };
/** Midnight of 2 March 2026 in Kathmandu: a quarter past six on the evening before in UTC. */
const MIDNIGHT = Date.UTC(2026, 2, 1, 18, 15);
/** Holds of that day are asked for today. */
const LONG_AGO_MS = 100 * 365 * 86_400_000;

interface Made {
  readonly id: string;
  readonly tokens: bigint;
  readonly accounts?: readonly Account[];
  readonly at?: number;
  readonly request?: string;
  readonly task?: string;
  readonly tags?: Record<string, string>;
  readonly usage?: Partial<Usage>;
  readonly model?: string;
}

/** Holds an attempt and meters it. */
async function make(world: LedgerWorld, made: Made): Promise<void> {
  const { id, tokens, accounts = [ORG, KEY], at = MIDNIGHT, task = "", tags = {}, model = "exact" } = made;
  const requestId = made.request ?? `req_${id}`;
  const about = { requestId, model, startedAtMs: BigInt(at) };
  await world.granted(id, tokens, { ...about, accounts: [...accounts], task, tags });
  const usage = Usage.fromPartial({ inputTokens: 0n, outputTokens: tokens, ...made.usage });
  await world.metered(id, tokens, { ...about, usage });
}

async function finished(world: LedgerWorld, more: Partial<AttemptFinished>): Promise<void> {
  const payload = AttemptFinished.fromPartial({ tenantId: TENANT, outcome: "delivered", verdict: "pass", ...more });
  await world.bus.publish({ type: "attempt.finished", id: `${more.attemptId}`, tenant: TENANT, payload });
}

async function booked(world: LedgerWorld, postings: bigint): Promise<void> {
  await eventually(async () => {
    const status = await world.ledger.status({});
    assert.deepEqual([status.postings, status.consumerLag, status.balanced], [postings, 0n, true]);
  });
}

async function exported(world: LedgerWorld, more: { fromMs?: bigint; toMs?: bigint } = {}): Promise<Posting[]> {
  const postings: Posting[] = [];
  for await (const part of world.ledger.export({ tenantId: TENANT, fromMs: 0n, toMs: 0n, ...more })) {
    postings.push(...part.postings);
  }
  return postings;
}

const all = { tenantId: TENANT, fromMs: 0n, toMs: 0n };
const code = (wanted: string, text: RegExp) => (error: SluiceError) =>
  error.code === wanted && text.test(error.message);
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const costs = (rows: readonly ReportRow[]) =>
  rows.map(({ group, attempts, costNanousd }) => [...group, attempts, costNanousd]);

/** Reports and exports of a ledger on any database; `open` gives a world that is not started. */
export function ledgerReportsSuite(name: string, open: (config: Record<string, unknown>) => LedgerWorld): void {
  const start = async (t: TestContext): Promise<LedgerWorld> => {
    const world = open({ hold_ttl_max_ms: LONG_AGO_MS });
    t.after(() => world.close());
    return await world.start();
  };
  describe(`reports (${name})`, () => reports(start));
  describe(`exports (${name})`, () => exports(start));
}

function reports(start: (t: TestContext) => Promise<LedgerWorld>): void {
  test("sums by any dimensions, days in the tenant's time zone, agree with the books", async (t) => {
    const world = await start(t);
    await world.ledger.setTimeZone({ tenantId: TENANT, timeZone: "Asia/Kathmandu" });
    const [evening, morning] = [MIDNIGHT - 1, MIDNIGHT];
    await make(world, { id: "a", tokens: 5n, accounts: [ORG, TEAM_A, KEY], at: evening, tags: { env: "prod" } });
    await make(world, {
      id: "b",
      tokens: 7n,
      accounts: [ORG, TEAM_A, KEY],
      at: morning,
      tags: { env: "test", x: "1" },
    });
    await make(world, { id: "c", tokens: 11n, accounts: [ORG, TEAM_B, KEY], at: morning, task: "triage" });
    await make(world, { id: "d", tokens: 13n, at: morning, model: "other" });
    await booked(world, 4n);
    const by = async (...dimensions: string[]) => costs((await world.ledger.report({ ...all, by: dimensions })).rows);
    assert.deepEqual(await by("team", "day"), [
      ["", "2026-03-02", 1n, 13_000n],
      ["team_a", "2026-03-01", 1n, 5_000n],
      ["team_a", "2026-03-02", 1n, 7_000n],
      ["team_b", "2026-03-02", 1n, 11_000n],
    ]);
    assert.deepEqual(await by("tag:env", "task"), [
      ["", "", 1n, 13_000n],
      ["", "triage", 1n, 11_000n],
      ["prod", "", 1n, 5_000n],
      ["test", "", 1n, 7_000n],
    ]);
    assert.deepEqual(await by("org", "key"), [["acme", "key_1", 4n, 36_000n]]);
    assert.deepEqual(await by("user", "session"), [["", "", 4n, 36_000n]]);
    assert.deepEqual(await by(), [
      ["sim", "exact", 3n, 23_000n],
      ["sim", "other", 1n, 13_000n],
    ]);
    const day = { tenantId: TENANT, fromMs: BigInt(MIDNIGHT), toMs: BigInt(MIDNIGHT + 86_400_000), by: ["day"] };
    assert.deepEqual(costs((await world.ledger.report(day)).rows), [["2026-03-02", 3n, 31_000n]]);
    assert.equal((await world.key()).posted, 36_000n);
    assert.deepEqual((await world.ledger.report({ ...day, tenantId: "other" })).rows, []);
    assert.equal((await world.ledger.report({ ...day, tenantId: "" })).rows.length, 1);
  });

  test("a request counts once, where its last attempt counts, and succeeds by its verdict", async (t) => {
    const world = await start(t);
    await make(world, { id: "a1", tokens: 5n, request: "req_a" });
    await make(world, { id: "a2", tokens: 7n, request: "req_a", model: "other" });
    await make(world, { id: "b1", tokens: 11n, request: "req_b" });
    await make(world, { id: "c1", tokens: 13n, request: "req_c" });
    const of = (attemptId: string, requestId: string) => ({ attemptId, requestId });
    await finished(world, { ...of("a1", "req_a"), outcome: "rejected", verdict: "fail" });
    await finished(world, { ...of("a2", "req_a"), verdict: "repair", last: true });
    // The loser of a hedge ends after the winner, and changes nothing.
    await finished(world, { ...of("a3", "req_a"), outcome: "cancelled", verdict: "" });
    await finished(world, { ...of("b1", "req_b"), outcome: "failed", verdict: "" });
    // A last attempt without a hold has no bill; the request stands with the one before.
    await finished(world, { ...of("b2", "req_b"), outcome: "refused", verdict: "", last: true });
    await finished(world, { ...of("c1", "req_c"), verdict: "unvalidated", last: true });
    await booked(world, 4n);
    await eventually(async () => {
      const { rows } = await world.ledger.report({ ...all, by: ["model"] });
      assert.deepEqual(
        rows.map(({ model, attempts, requests, succeeded }) => [model, attempts, requests, succeeded]),
        [
          ["exact", 3n, 2n, 0n],
          ["other", 1n, 1n, 1n],
        ],
      );
    });
  });

  test("a correction belongs to its attempt and takes the doubt from it", async (t) => {
    const world = await start(t);
    for (const id of ["att_1", "att_2", "att_3"]) {
      await world.granted(id, 50n, { ttlMs: 100n, accounts: [ORG, TEAM_A, KEY] });
      await world.started(id);
    }
    await booked(world, 3n);
    const by = async () => (await world.ledger.report({ ...all, by: ["team"] })).rows;
    assert.deepEqual(
      (await by()).map(({ estimated }) => estimated),
      [3n],
    );
    await world.metered("att_1", 12n);
    // The truth is the estimate: nothing is posted, and nothing is doubtful any more.
    await world.metered("att_2", 50n);
    await eventually(async () => {
      assert.deepEqual(
        (await by()).map(({ group, attempts, estimated, costNanousd }) => [...group, attempts, estimated, costNanousd]),
        [["team_a", 3n, 1n, 112_000n]],
      );
    });
  });

  test("consumption by UTC day, model and class sums to the books, corrections and reconciliation included", async (t) => {
    const world = await start(t);
    const at = Date.UTC(2026, 2, 1, 23, 59);
    const cached = { inputTokens: 3n, cachedInputTokens: 40n, reasoningTokens: 2n };
    await make(world, { id: "a", tokens: 5n, at, usage: cached });
    await make(world, { id: "b", tokens: 7n, at: at + 120_000 });
    await world.granted("c", 50n, { ttlMs: 100n, startedAtMs: BigInt(at) });
    await world.started("c");
    await booked(world, 3n);
    await world.metered("c", 9n, { usage: Usage.fromPartial({ ...cached, outputTokens: 9n }) });
    await booked(world, 4n);
    const row = { provider: "sim", model: "exact", atMs: BigInt(at), accounts: [], tenantId: TENANT, reason: "test" };
    const usage = Usage.fromPartial({ cachedInputTokens: -30n, inputTokens: 30n });
    const amounts = { amountNanousd: 77n, inputTokens: 0n, outputTokens: 0n };
    await world.ledger.adjust({ adjustments: [{ ...row, ...amounts, id: "rec_1", usage }] });
    const asked = { provider: "sim", fromMs: 0n, toMs: 0n };
    const { rows } = await world.ledger.usageReport(asked);
    assert.deepEqual(
      rows.map(({ day, model, attempts, usage }) => [
        day,
        model,
        attempts,
        usage?.inputTokens,
        usage?.cachedInputTokens,
      ]),
      [
        ["2026-03-01", "exact", 2n, 36n, 50n],
        ["2026-03-02", "exact", 1n, 0n, undefined],
      ],
    );
    assert.deepEqual(
      rows.map(({ usage }) => [usage?.outputTokens, usage?.reasoningTokens]),
      [
        [14n, 4n],
        [7n, undefined],
      ],
    );
    assert.deepEqual(
      rows.map(({ adjustments }) => adjustments),
      [1n, 0n],
    );
    const key = await world.key();
    assert.equal(sum(rows.map(({ costNanousd }) => costNanousd)), key.posted + 77n);
    assert.deepEqual((await world.ledger.usageReport({ ...asked, provider: "nobody" })).rows, []);
  });

  test("what cannot be asked is refused, naming the word", async (t) => {
    const world = await start(t);
    const report = async (by: string[]) => await world.ledger.report({ ...all, by });
    await assert.rejects(
      report(["team", "colour"]),
      code("invalid_request", /"colour" is no dimension; those are org/),
    );
    await assert.rejects(report(["day", "day"]), code("invalid_request", /"day" twice/));
    await assert.rejects(report(["tag:"]), code("invalid_request", /tag:<name>/));
    await assert.rejects(
      world.ledger.report({ tenantId: "", fromMs: 5n, toMs: 4n, by: [] }),
      code("invalid_request", /ends \(4\) before it begins \(5\)/),
    );
    await assert.rejects(
      world.ledger.usageReport({ provider: "", fromMs: 0n, toMs: 0n }),
      code("invalid_request", /provider/),
    );
  });
}

function exports(start: (t: TestContext) => Promise<LedgerWorld>): void {
  test("postings leave in order of their starts, split into classes that sum to their amounts", async (t) => {
    const world = await start(t);
    const usage = { inputTokens: 3n, cachedInputTokens: 40n };
    await make(world, { id: "late", tokens: 5n, at: MIDNIGHT + 5, tags: { teamName: "A" }, task: "t" });
    await make(world, { id: "early", tokens: 7n, at: MIDNIGHT, usage, accounts: [ORG, TEAM_A, KEY] });
    await booked(world, 2n);
    const [early, late] = await exported(world);
    assert.ok(early !== undefined && late !== undefined);
    assert.deepEqual([early.attemptId, late.attemptId], ["early", "late"]);
    assert.deepEqual([early.accounts, early.priceId], [[ORG, TEAM_A, KEY], "sim/exact"]);
    assert.deepEqual([late.tags, late.task, late.startedAtMs], [{ teamName: "A" }, "t", BigInt(MIDNIGHT + 5)]);
    for (const { charges, amountNanousd } of [early, late]) {
      assert.ok(charges.length > 0);
      assert.equal(sum(charges.map((charge) => charge.amountNanousd)), amountNanousd);
    }
    const only = await exported(world, { fromMs: BigInt(MIDNIGHT + 1), toMs: BigInt(MIDNIGHT + 6) });
    assert.deepEqual(
      only.map(({ attemptId }) => attemptId),
      ["late"],
    );
  });

  test("many postings leave in parts, each exactly once, and their number is told before", async (t) => {
    const world = await start(t);
    const count = 2_600;
    const ids = Array.from({ length: count }, (_, index) => `att_${index}`);
    await Promise.all(ids.map((id, index) => make(world, { id, tokens: 1n, at: MIDNIGHT + Math.floor(index / 700) })));
    await booked(world, BigInt(count));
    const sizes: number[] = [];
    const seen = new Set<string>();
    for await (const { postings, total } of world.ledger.export({ ...all })) {
      assert.equal(total, BigInt(count));
      sizes.push(postings.length);
      for (const { attemptId } of postings) seen.add(attemptId);
    }
    assert.equal(seen.size, count);
    assert.equal(
      sizes.reduce((a, b) => a + b, 0),
      count,
    );
    assert.ok(Math.max(...sizes) <= 200);
    const { rows } = await world.ledger.report({ ...all, by: ["day"] });
    assert.deepEqual(costs(rows), [["2026-03-01", BigInt(count), BigInt(count) * 1_000n]]);
  });
}

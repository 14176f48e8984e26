import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Redis, RedisOptions } from "@sluice/platform/cache";
import { eventually, startNode, temporaryDirectory } from "../harness/index.ts";
import { ATTEMPTS, isAbandoned, isUnstarted, type LedgerChildTask, POINTS } from "./ledger-kill-plan.ts";
import { LedgerWorld } from "./ledger-world.ts";

const CHILD = join(import.meta.dirname, "ledger-child.ts");

export interface KillWorld extends Omit<LedgerChildTask, "directory" | "dieAt"> {
  /** The test's own connection. */
  readonly connection?: { readonly redis: Redis; readonly options: RedisOptions };
}

/** The ledger dies between every two steps of a hold's and of a settlement's way; the books come out as if it never had. */
export function ledgerKillSuite(name: string, make: () => Promise<KillWorld>): void {
  test(`kill -9 between all steps loses, doubles and keeps nothing (${name})`, async (t) => {
    const { connection, ...stores } = await make();
    const directory = temporaryDirectory("killed");
    const shared = { ...stores, ...(connection && { redis: connection.options }), directory };
    const prepared = await startNode(CHILD, { args: [JSON.stringify(shared)] }).exited;
    assert.deepEqual(prepared, { code: 0, signal: null });
    for (const dieAt of POINTS) {
      const child = startNode(CHILD, { args: [JSON.stringify({ ...shared, dieAt })] });
      assert.equal((await child.exited).signal, "SIGKILL", `${dieAt}: ${child.stderr()}`);
    }
    const world = new LedgerWorld({ ...stores, directory, redis: connection?.redis });
    t.after(() => world.close());
    await world.start();
    await eventually(
      async () => {
        const { consumerLag, openHolds, differingAccounts, balanced } = await world.ledger.status({});
        assert.deepEqual([consumerLag, openHolds, differingAccounts, balanced], [0n, 0n, 0n, true]);
      },
      { timeoutMs: 60_000 },
    );
    await assertBooks(world);
    await assertEvents(world);
  });
}

const numbers = Array.from({ length: ATTEMPTS }, (_, index) => index + 1);
const byAttempt = (a: readonly unknown[], b: readonly unknown[]) => String(a[0]).localeCompare(String(b[0]));

async function assertBooks(world: LedgerWorld): Promise<void> {
  const expected = numbers
    .filter((n) => !isUnstarted(n))
    .map((n) => [`att_${n}`, isAbandoned(n) ? "estimated" : "metered", isAbandoned(n) ? 50_000n : BigInt(n) * 1_000n]);
  assert.deepEqual([...(await world.postings())].sort(byAttempt), expected.sort(byAttempt));
  const sum = expected.reduce((total, [, , nanousd]) => total + BigInt(nanousd ?? 0), 0n);
  const key = await world.key();
  assert.deepEqual([key.spent, key.posted, key.held, key.openHolds], [sum, sum, 0n, 0n]);
}

/** Every hold has exactly one end, every posting is told once. */
async function assertEvents(world: LedgerWorld): Promise<void> {
  await eventually(async () => {
    const posted = await world.events("ledger.posted");
    assert.deepEqual(
      posted.map(({ attemptId, kind, amountNanousd }) => [attemptId, kind, amountNanousd]).sort(byAttempt),
      [...(await world.postings())].sort(byAttempt),
    );
    const placed = (await world.events("hold.placed")).map(({ holdId }) => holdId);
    const ended = (await world.events("hold.ended")).map(({ holdId }) => holdId);
    assert.equal(new Set(ended).size, ended.length);
    for (const id of placed) assert.ok(ended.includes(id), `${id} has an end`);
  });
}

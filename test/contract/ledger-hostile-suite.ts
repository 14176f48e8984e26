import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { SluiceError } from "@sluice/platform/errors";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { AttemptMetered } from "@sluice/proto/events/v1/attempt_events";
import { eventually, temporaryDirectory } from "../harness/index.ts";
import { KEY, type LedgerWorld, ORG } from "./ledger-world.ts";

/** What must not stop the ledger: one bad fact or one strange name never keeps the others from being booked. */
export function ledgerHostileSuite(name: string, make: (config: Record<string, unknown>) => LedgerWorld): void {
  const open = async (t: TestContext, config = {}): Promise<LedgerWorld> => {
    const world = make(config);
    t.after(() => world.close());
    return await world.start();
  };
  describe(`bad facts and strange names (${name})`, () => {
    test("a fact that cannot be read is a dead letter, and its batch is booked", async (t) => {
      const world = await open(t);
      await world.granted("att_1", 5n);
      await world.stop();
      const unreadable = AttemptMetered.create({ attemptId: "att_x", holdId: "att_x", tenantId: "acme" });
      // What another version might say, and this one cannot read.
      Object.assign(unreadable, { error: { code: "x", retryAfterMs: 1.5 } });
      await world.bus.publish({ type: "attempt.metered", id: "att_x", tenant: "acme", payload: unreadable });
      await world.metered("att_1", 4n);
      // Within its own process a fact is not read at all: consumers get its message.
      await world.close();
      await world.start();
      await eventually(async () => assert.deepEqual(await world.postings(), [["att_1", "metered", 4_000n]]));
      await eventually(async () => assert.equal((await world.ledger.status({})).consumerLag, 0n));
    });

    test("a hold nobody renews ends although facts never stop coming", async (t) => {
      const world = await open(t);
      await world.granted("att_1", 5n, { ttlMs: 100n });
      const stop = new AbortController();
      let count = 0;
      const publish = async () => {
        while (!stop.signal.aborted) await world.started(`other_${count++}`);
      };
      const publishers = [publish(), publish(), publish(), publish()];
      try {
        await eventually(async () => assert.equal((await world.events("hold.ended")).length, 1));
      } finally {
        stop.abort();
        await Promise.all(publishers);
      }
    });

    test("a repeated question that fails takes nothing from the hold that stands", async (t) => {
      const world = await open(t);
      await world.granted("att_1", 5n);
      world.onPublished = () => {
        throw new Error("The bus is full.");
      };
      await assert.rejects(world.hold("att_1", 5n));
      await assert.rejects(world.hold("att_2", 5n));
      world.onPublished = undefined;
      const key = await world.key();
      assert.deepEqual([key.held, key.openHolds], [5_000n, 1n]);
    });

    test("a question that is repeated while the first one fails is not told of a hold that is taken back", async (t) => {
      const world = await open(t);
      let published = 0;
      world.onPublished = () => {
        if (published++ === 0) throw new Error("The bus is full.");
      };
      const [first, second] = await Promise.allSettled([world.hold("att_1", 5n), world.hold("att_1", 5n)]);
      const key = await world.key();
      assert.deepEqual([first.status, second.status, key.held], ["rejected", "rejected", 0n]);
      await world.granted("att_2", 5n);
    });

    test("names nobody can store are refused before anything is held", async (t) => {
      const world = await open(t);
      for (const id of ["a\u0000b", "line\nbreak"]) {
        const label = { kind: AccountKind.ACCOUNT_KIND_LABEL, id };
        await assert.rejects(
          world.hold("att_1", 5n, { accounts: [ORG, label] }),
          (error: SluiceError) => error.code === "invalid_request",
        );
      }
    });

    test("a start far from the ledger's clock is refused, so that no other window's budget is used", async (t) => {
      const world = await open(t, { hold_ttl_max_ms: 3_600_000 });
      const at = (startedAtMs: bigint, id: string) => world.hold(id, 5n, { startedAtMs });
      const now = BigInt(Date.now());
      for (const startedAtMs of [now - 3_700_000n, now + 700_000n, -1n, 2n ** 62n]) {
        await assert.rejects(at(startedAtMs, "att_1"), (error: SluiceError) => {
          assert.equal(error.code, "invalid_request");
          assert.match(error.message, new RegExp(`^started_at_ms is "${startedAtMs}".* \\d{13}, the ledger's clock`));
          return true;
        });
      }
      for (const [index, startedAtMs] of [0n, now - 3_500_000n, now + 500_000n].entries()) {
        assert.equal((await at(startedAtMs, `att_${index}`)).outcome?.$case, "granted");
      }
    });

    test("a budget crossed on an account of any name is told, and later postings too", async (t) => {
      const world = await open(t);
      for (const [index, id] of ["Jörg Müller", "ß".repeat(256)].entries()) {
        const label = { kind: AccountKind.ACCOUNT_KIND_LABEL, id };
        const attempt = `att_${index}`;
        await world.limit(5_000n, Unit.UNIT_NANOUSD, label);
        await world.granted(attempt, 5n, { accounts: [ORG, KEY, label] });
        await world.metered(attempt, 5n);
        await eventually(async () => {
          const crossed = await world.events("budget.crossed");
          assert.deepEqual(
            crossed.filter(({ account }) => account?.id === id).map(({ percent }) => percent),
            [80, 100],
          );
        });
      }
      await world.granted("att_9", 5n);
      await world.metered("att_9", 1n);
      await eventually(async () => assert.equal((await world.events("ledger.posted")).length, 3));
    });

    test("usage that costs more than the books can hold is a dead letter, and such a hold is refused", async (t) => {
      const directory = temporaryDirectory("prices");
      writeFileSync(join(directory, "dear.yaml"), DEAR);
      const world = await open(t, { prices_directory: directory });
      const overflow = (error: SluiceError) => error.code === "invalid_request";
      const outcomes = await Promise.allSettled([
        world.hold("att_0", 1_000_000_000n, { priceId: "dear/model" }),
        world.granted("att_1", 5n),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ["rejected", "fulfilled"],
      );
      await assert.rejects(world.hold("att_0", 1_000_000_000n, { priceId: "dear/model" }), overflow);
      await world.metered("att_x", 1_000_000_000n, { priceVersion: "dear/model@1" });
      await world.metered("att_1", 5n);
      await eventually(async () => assert.deepEqual(await world.postings(), [["att_1", "metered", 5_000n]]));
      await eventually(async () => assert.equal((await world.ledger.status({})).consumerLag, 0n));
      assert.equal((await world.ledger.status({})).balanced, true);
    });
  });
}

const DEAR = `provider: dear
source: test
retrieved: "2026-01-01"
prices:
  - price_id: dear/model
    versions:
      - version: "1"
        valid_from: "2026-01-01T00:00:00Z"
        input: 1000000000000000000
        output: 1000000000000000000
`;

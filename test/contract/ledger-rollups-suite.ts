import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type DatabaseOptions, openDatabase } from "@sluice/platform/sql";
import fc from "fast-check";
import { sql } from "kysely";
import type { AccountRef } from "../../services/ledger/src/accounts.ts";
import { CALENDAR_WINDOWS, instanceAt, KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import { applyFacts } from "../../services/ledger/src/store/apply.ts";
import { BalanceCheck } from "../../services/ledger/src/store/balance-check.ts";
import { type AccountWindow, Budgets } from "../../services/ledger/src/store/budgets.ts";
import type { LedgerDatabase } from "../../services/ledger/src/store/database.ts";
import { migrations } from "../../services/ledger/src/store/migrations.ts";
import { Months } from "../../services/ledger/src/store/months.ts";
import { chargedWindows, SPANS, slotOf, writeRollups } from "../../services/ledger/src/store/rollups.ts";
import type { LedgerSchema } from "../../services/ledger/src/store/schema.ts";
import { Turns } from "../../services/ledger/src/turns.ts";
import { fact } from "./ledger-books-suite.ts";

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
/** No offset, hours, half hours, quarters; summer time to either side of the year, by an hour and by half of one, at midnight and at night. */
const ZONES = [
  ...["UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham"],
  ...["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo", "America/Santiago"],
];
/** Where days are short or long, months end, February has a 29th, and a year begins. */
const BORDERS = [
  ...[Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1), Date.UTC(2026, 2, 8, 10), Date.UTC(2026, 10, 1, 9)],
  ...[Date.UTC(2026, 3, 4, 15), Date.UTC(2026, 9, 3, 15, 30), Date.UTC(2026, 3, 24), Date.UTC(2026, 8, 6, 4)],
  ...[Date.UTC(2026, 1, 28), Date.UTC(2028, 1, 29), Date.UTC(2026, 4, 31, 18, 30), Date.UTC(2027, 0, 1)],
];

const moments = fc
  .tuple(fc.constantFrom(...BORDERS), fc.integer({ min: -40 * DAY_MS, max: 40 * DAY_MS }))
  .map(([border, distance]) => border + distance);
/** Also close to where instances begin and end, where a quarter hour more or less is seen. */
const near = fc
  .tuple(fc.constantFrom(...BORDERS), fc.integer({ min: -200, max: 200 }))
  .map(([border, quarters]) => border + quarters * QUARTER_MS);
const starts = fc.array(fc.oneof(moments, near), { minLength: 1, maxLength: 60 });
const asked = fc.record({
  zone: fc.constantFrom(...ZONES),
  window: fc.constantFrom(...CALENDAR_WINDOWS),
  at: fc.oneof(moments, near),
});

/** Sums by quarter hour and by day on any database; `options` names a fresh one at each call. */
export function rollupsSuite(name: string, options: () => DatabaseOptions): void {
  const open = async (t: TestContext): Promise<LedgerDatabase> => {
    const database = await openDatabase<LedgerSchema>(options(), migrations);
    t.after(() => database.close());
    return database;
  };

  describe(`rollups (${name})`, () => {
    test("a window's sum is what began in it, in any time zone, wherever days and months end", async (t) => {
      const database = await open(t);
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(starts, fc.array(asked, { minLength: 1, maxLength: 20 }), async (began, questions) => {
          runs++;
          const account: AccountRef = { kind: "key", id: `key_${runs}` };
          const changes = began.map((at, index) => {
            const added = { nanousd: 1n << BigInt(index), inputTokens: 1n, outputTokens: 0n };
            return { tenant: "acme", account, slot: slotOf(at), added, attempts: 1n };
          });
          // A statement names each row once, as a batch does.
          for (const change of changes) await writeRollups(database, [change]);
          const windows = questions.map(({ zone, window, at }): AccountWindow => {
            return { tenant: "acme", account, window, ...instanceAt(window, zone, at) };
          });
          const sums = await chargedWindows(database, windows);
          assert.deepEqual(
            sums.map(({ spent }) => spent.nanousd),
            windows.map(({ start, end }) => sumOf(began, start, end)),
          );
        }),
        { numRuns: 60 },
      );
    });

    test("every quarter hour of a window is in its sum, and none twice", async (t) => {
      const database = await open(t);
      const account: AccountRef = { kind: "org", id: "acme" };
      const [first, after] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)];
      const changes = Array.from({ length: (after - first) / QUARTER_MS }, (_, index) => {
        const added = { nanousd: 1n, inputTokens: 0n, outputTokens: 0n };
        return { tenant: "acme", account, slot: slotOf(first) + BigInt(index), added, attempts: 1n };
      });
      await writeRollups(database, changes);
      await fc.assert(
        fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 40 }), async (questions) => {
          const windows = questions
            .map(({ zone, window, at }): AccountWindow => {
              return { tenant: "acme", account, window, ...instanceAt(window, zone, at) };
            })
            .filter(({ start, end }) => start >= first && end <= after);
          assert.deepEqual(
            (await chargedWindows(database, windows)).map(({ spent }) => Number(spent.nanousd)),
            windows.map(({ start, end }) => (end - start) / QUARTER_MS),
          );
        }),
        { numRuns: 60 },
      );
    });

    test("a batch over many days adds to each of them once", async (t) => {
      const database = await open(t);
      const account: AccountRef = { kind: "org", id: "acme" };
      const first = Date.UTC(2026, 2, 1);
      const changes = Array.from({ length: 300 }, (_, index) => {
        const added = { nanousd: 1n, inputTokens: 2n, outputTokens: 3n };
        return { tenant: "acme", account, slot: slotOf(first) + BigInt(index), added, attempts: 1n };
      });
      await writeRollups(database, changes);
      await writeRollups(database, changes);
      assert.deepEqual(await daysOf(database), [
        [20_513n, 192n, 192n],
        [20_514n, 192n, 192n],
        [20_515n, 192n, 192n],
        [20_516n, 24n, 24n],
      ]);
    });

    test("days of earlier books are made from their quarter hours", async (t) => {
      const target = options();
      const { "0006-spans": _, "0007-numbers": __, ...earlier } = migrations;
      const old = await openDatabase<unknown>(target, earlier);
      const first = Date.UTC(2026, 2, 29) / QUARTER_MS;
      for (const [account, slot] of ["a", "b"].flatMap((id) => [-1, 0, 95, 96, 97].map((away) => [id, first + away]))) {
        await sql.raw(`insert into rollups values ('acme', 'key:${account}', ${slot}, 7, 1, 2, 3)`).execute(old.db);
      }
      await sql
        .raw("insert into balances values ('acme', 'key:a', 35, 5, 10), ('acme', 'key:b', 35, 5, 10)")
        .execute(old.db);
      await old.close();
      const database = await openDatabase<LedgerSchema>(target, migrations);
      t.after(() => database.close());
      const each = [
        [20_540n, 7n, 3n],
        [20_541n, 14n, 6n],
        [20_542n, 14n, 6n],
      ];
      assert.deepEqual(await daysOf(database), [...each, ...each]);
      const month = {
        tenant: "acme",
        window: "month",
        start: Date.UTC(2026, 2, 1),
        end: Date.UTC(2026, 3, 1),
      } as const;
      const [charged] = await chargedWindows(database, [{ ...month, account: { kind: "key", id: "b" } }]);
      assert.deepEqual(charged?.spent, { nanousd: 35n, inputTokens: 5n, outputTokens: 10n });
    });

    test("what is moved from one span to another is found, though the account's sum is right", async (t) => {
      const database = await open(t);
      const budgets = new Budgets(database, [], new KnownTimeZones());
      const [first, second] = [960, 1056];
      const facts = [first, second].map((slot) => fact(`at_${slot}`, 5n, { startedAt: slot * QUARTER_MS }));
      await applyFacts({ database, budgets, months: new Months(database) }, facts);
      const found = async (): Promise<readonly string[]> =>
        (await new BalanceCheck(database, new Turns()).run()).differing;
      for (const span of SPANS) {
        const move = async (slot: number, by: number): Promise<void> => {
          const row = `account = 'key:key_1' and span = ${span} and slot = ${slot / span}`;
          await sql.raw(`update rollups set nanousd = nanousd + (${by}) where ${row}`).execute(database.db);
        };
        assert.deepEqual(await found(), []);
        await move(first, -1);
        assert.deepEqual(await found(), ["acme key:key_1"]);
        await move(second, 1);
        assert.deepEqual(await found(), ["acme key:key_1"]);
        await move(first, 1);
        await move(second, -1);
      }
    });
  });
}

function sumOf(began: readonly number[], start: number, end: number): bigint {
  return began.reduce((sum, at, index) => (at >= start && at < end ? sum + (1n << BigInt(index)) : sum), 0n);
}

async function daysOf({ db }: LedgerDatabase): Promise<readonly (readonly bigint[])[]> {
  const days = db.selectFrom("rollups").where("span", "=", 96n).selectAll().orderBy("account").orderBy("slot");
  return (await days.execute()).map(({ slot, nanousd, attempts }) => [slot, nanousd, attempts]);
}

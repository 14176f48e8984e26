import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type DatabaseOptions, openDatabase } from "@sluice/platform/sql";
import { BudgetCrossed } from "@sluice/proto/events/v1/ledger_events";
import { sql } from "kysely";
import type { AccountRef } from "../../services/ledger/src/accounts.ts";
import { SettingsWatch } from "../../services/ledger/src/budgets/watch.ts";
import type { LimitChange } from "../../services/ledger/src/holds/types.ts";
import { KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import type { Fact } from "../../services/ledger/src/postings.ts";
import { applyFacts, type Books } from "../../services/ledger/src/store/apply.ts";
import { BalanceCheck } from "../../services/ledger/src/store/balance-check.ts";
import { Budgets } from "../../services/ledger/src/store/budgets.ts";
import type { LedgerDatabase } from "../../services/ledger/src/store/database.ts";
import { migrations } from "../../services/ledger/src/store/migrations.ts";
import { Months, monthOf } from "../../services/ledger/src/store/months.ts";
import { chargedWindows, SPANS } from "../../services/ledger/src/store/rollups.ts";
import type { LedgerSchema } from "../../services/ledger/src/store/schema.ts";
import { StoredTimeZones } from "../../services/ledger/src/store/time-zones.ts";
import { Turns } from "../../services/ledger/src/turns.ts";

const TENANT = "acme";
const ORG: AccountRef = { kind: "org", id: TENANT };
const KEY: AccountRef = { kind: "key", id: "key_1" };
const MARCH = Date.UTC(2026, 2, 15, 12, 7);

export function fact(id: string, nanousd: bigint, more: Partial<Fact> = {}): Fact {
  return {
    attemptId: id,
    requestId: `req_${id}`,
    tenant: TENANT,
    provider: "sim",
    model: "exact",
    priceId: "sim/exact",
    priceVersion: "sim/exact@2026-01-01",
    kind: "metered",
    total: { nanousd, inputTokens: 1n, outputTokens: 2n },
    billable: true,
    accounts: [ORG, KEY],
    heldNanousd: nanousd,
    startedAt: MARCH,
    usage: "",
    task: "",
    tags: "",
    at: MARCH + 1_000,
    ...more,
  };
}

/** What the books themselves do on any database; `options` names a fresh one at each call. */
export function booksSuite(name: string, options: () => DatabaseOptions): void {
  const open = async (t: TestContext, percents: readonly number[] = []): Promise<Books> => {
    const database = await openDatabase<LedgerSchema>(options(), migrations);
    t.after(() => database.close());
    const zones = new KnownTimeZones();
    await new StoredTimeZones(database, zones).load();
    return { database, budgets: new Budgets(database, percents, zones), months: new Months(database) };
  };

  describe(`books (${name})`, () => {
    test("sums per quarter hour follow the attempts' starts, corrections included", async (t) => {
      const books = await open(t);
      const late = { startedAt: MARCH + 900_000 };
      await applyFacts(books, [fact("a", 5n), fact("b", 7n, late), fact("c", 11n, { kind: "estimated" })]);
      await applyFacts(books, [fact("c", 4n, late), fact("a", 5n)]);
      const rows = await books.database.db
        .selectFrom("rollups")
        .where("account", "=", "key:key_1")
        .where("span", "=", 1n)
        .selectAll()
        .orderBy("slot")
        .execute();
      assert.deepEqual(
        rows.map(({ slot, nanousd, attempts }) => [slot * 900_000n, nanousd, attempts]),
        [
          [BigInt(Date.UTC(2026, 2, 15, 12)), 9n, 2n],
          [BigInt(Date.UTC(2026, 2, 15, 12, 15)), 7n, 1n],
        ],
      );
      await agrees(books.database);
    });

    test("facts of any month find room, and none are left over", async (t) => {
      const books = await open(t);
      const months = [Date.UTC(1999, 11, 31, 23, 59, 59, 999), Date.UTC(2030, 0, 1), MARCH];
      await applyFacts(
        books,
        months.map((startedAt, index) => fact(`m${index}`, 3n, { startedAt })),
      );
      assert.equal(await books.months.strays(), 0);
      await Promise.all([books.months.ensureAhead(MARCH), new Months(books.database).ensureAhead(MARCH)]);
      await agrees(books.database);
      assert.equal(monthOf(months[1] ?? 0) - monthOf(months[0] ?? 0), 361);
    });

    test("a window's sum is that of its quarter hours in the tenant's time zone, and each instance tells its limits once", async (t) => {
      const books = await open(t, [80, 100]);
      const { database, budgets } = books;
      const zones = new KnownTimeZones();
      await new StoredTimeZones(database, zones).save(TENANT, "Asia/Kathmandu");
      await new StoredTimeZones(database, new KnownTimeZones()).load();
      const other = new Budgets(database, [80, 100], zones);
      const name = { tenant: TENANT, account: KEY, unit: "nanousd", window: "day" } as const;
      await other.save({ ...name, soft: false, limit: 10n });
      await other.save({ ...name, soft: true, limit: 5n });
      assert.equal((await budgets.load()).length, 2);
      // Midnight in Kathmandu is a quarter past six in the evening in UTC.
      const midnight = Date.UTC(2026, 2, 15, 18, 15);
      const local = { ...books, budgets: other };
      await applyFacts(local, [fact("a", 8n, { startedAt: midnight - 1 }), fact("b", 5n, { startedAt: midnight })]);
      const { events } = await applyFacts(local, [fact("c", 5n, { startedAt: midnight + 3_600_000 })]);
      assert.deepEqual(
        events.flatMap(({ type, json }) => {
          if (type !== "budget.crossed") return [];
          const { window, soft, percent, spent } = BudgetCrossed.fromJSON(JSON.parse(json));
          return [[window, soft, percent, spent?.value]];
        }),
        [
          ["day", false, 80, 10n],
          ["day", false, 100, 10n],
        ],
      );
      const windows = [
        ...other.windowsAt(midnight - 1),
        ...other.windowsAt(midnight),
        { ...other.instance(TENANT, "month", midnight), tenant: TENANT, account: ORG },
        { ...other.instance(TENANT, "hour", midnight), tenant: "nobody", account: ORG },
      ];
      assert.deepEqual(
        (await chargedWindows(database, windows)).map(({ start, spent }) => [start, spent.nanousd]),
        [
          [midnight - 86_400_000, 8n],
          [midnight, 10n],
          [Date.UTC(2026, 1, 28, 18, 15), 18n],
          [Date.UTC(2026, 2, 15, 18, 15), 0n],
        ],
      );
    });

    test("limits and time zones that another process sets are seen at the next look, and windows open in the new zone", async (t) => {
      const books = await open(t);
      const { database } = books;
      const mine = { zones: new KnownTimeZones(), opened: [] as LimitChange[], refreshed: 0 };
      const budgets = new Budgets(database, [], mine.zones);
      const watch = new SettingsWatch({
        database,
        budgets,
        timeZones: new StoredTimeZones(database, mine.zones),
        rates: { refresh: async () => void mine.refreshed++ },
        store: {
          setLimits: async (changes) => void mine.opened.push(...changes),
          upkeep: { setSpent: async () => undefined },
        },
        turns: new Turns(),
        now: () => MARCH,
      });
      await watch.look();
      const name = { tenant: TENANT, account: KEY, unit: "nanousd", soft: false } as const;
      await books.budgets.save({ ...name, window: "day", limit: 10n });
      await books.budgets.save({ ...name, window: "total", limit: 20n });
      await new StoredTimeZones(database, new KnownTimeZones()).save(TENANT, "America/New_York");
      await applyFacts(books, [fact("a", 5n)]);
      await watch.look();
      assert.deepEqual(
        budgets
          .of(TENANT, KEY)
          .map(({ window, limit }) => [window, limit])
          .sort(),
        [
          ["day", 10n],
          ["total", 20n],
        ],
      );
      const opening = { start: Date.UTC(2026, 2, 15, 4), spent: { nanousd: 5n, inputTokens: 1n, outputTokens: 2n } };
      assert.deepEqual(mine.opened, [{ ...name, window: "day", limit: 10n, opening }]);
      await watch.look();
      assert.deepEqual([mine.opened.length, mine.refreshed], [1, 2]);
    });

    test("whatever does not agree is named, also where old entries were changed after they had been summed up", async (t) => {
      const books = await open(t);
      const { db } = books.database;
      await applyFacts(books, [fact("a", 5n), fact("b", 7n), fact("c", 0n)]);
      await agrees(books.database);
      const found = async (statement: string): Promise<readonly string[]> => {
        await sql.raw(statement).execute(db);
        // Other processes and later starts go on where this one was.
        const check = new BalanceCheck(books.database, new Turns());
        return (await check.run()).differing;
      };
      const key = "where account = 'key:key_1'";
      assert.deepEqual(await found(`update balances set nanousd = 13 ${key}`), ["acme key:key_1"]);
      assert.deepEqual(await found(`update balances set nanousd = 12 ${key}`), []);
      for (const span of SPANS) {
        const own = `${key} and span = ${span}`;
        assert.deepEqual(await found(`update rollups set output_tokens = 1 ${own}`), ["acme key:key_1"]);
        assert.deepEqual(await found(`update rollups set output_tokens = 6 ${own}`), []);
      }
      assert.deepEqual(await found(`update entries set nanousd = 8 where sequence = 2 and nanousd = 7`), [
        "acme key:key_1",
        "acme org:acme",
      ]);
    });

    test("books of the first version keep every row", async (t) => {
      const target = options();
      const { "0001-ledger": first, "0002-one-tree": second } = migrations;
      assert.ok(first !== undefined && second !== undefined);
      const old = await openDatabase<unknown>(target, { "0001-ledger": first, "0002-one-tree": second });
      for (const statement of OLD_ROWS) await sql.raw(statement).execute(old.db);
      await old.close();
      const database = await openDatabase<LedgerSchema>(target, migrations);
      t.after(() => database.close());
      await agrees(database);
      const { db } = database;
      const postings = await db.selectFrom("postings").selectAll().orderBy("sequence").execute();
      assert.deepEqual(
        postings.map((row) => [row.sequence, row.started_at_ms, row.accounts]),
        [
          [1n, 1_700_000_000_000n, '["org:acme"]'],
          [2n, 1_700_000_000_000n, '["org:acme"]'],
        ],
      );
      const sums = { nanousd: 3n, input_tokens: 1n, output_tokens: 1n, attempts: 1n };
      const rollups = await db.selectFrom("rollups").selectAll().orderBy("span").execute();
      assert.deepEqual(plain(rollups), [
        { tenant: "acme", account: "org:acme", span: 1n, slot: 1_888_888n, ...sums },
        { tenant: "acme", account: "org:acme", span: 12n, slot: 157_407n, ...sums },
        { tenant: "acme", account: "org:acme", span: 96n, slot: 19_675n, ...sums },
      ]);
      assert.deepEqual(plain(await db.selectFrom("budgets").selectAll().execute()), [
        { tenant: "acme", account: "org:acme", window_name: "total", unit: "nanousd", soft: 0n, amount: 9n },
      ]);
    });
  });
}

/** Everything in the books agrees, as a new check and one that goes on find. */
async function agrees(database: LedgerDatabase): Promise<void> {
  const check = new BalanceCheck(database, new Turns());
  const nothing = { differing: [], zero: true, behind: 0n };
  assert.deepEqual(await check.run(), nothing);
  assert.deepEqual(await check.run(), nothing);
}

const plain = (rows: readonly object[]): readonly object[] => rows.map((row) => ({ ...row }));

const OLD_ROWS = [
  `insert into attempts values ('a', 'acme', '["org:acme"]', 'metered', 3, 1, 1, 0)`,
  `insert into postings values (1, 'a', 'r', 'acme', 'sim', 'm', 'v1', 'estimated', 0, 5, 1, 2, 1700000000000)`,
  `insert into postings values (2, 'a', 'r', 'acme', 'sim', 'm', 'v1', 'correction', 0, -2, 0, -1, 1705000000000)`,
  `insert into entries values (1, 0, 'acme', 'org:acme', 5, 1, 2), (1, 1, 'acme', 'provider:sim', -5, -1, -2)`,
  `insert into entries values (2, 0, 'acme', 'org:acme', -2, 0, -1), (2, 1, 'acme', 'provider:sim', 2, 0, 1)`,
  "insert into balances values ('acme', 'org:acme', 3, 1, 1), ('acme', 'provider:sim', -3, -1, -1)",
  "insert into budgets values ('acme', 'org:acme', 'nanousd', 9)",
  "update totals set postings = 2",
];

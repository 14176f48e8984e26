/**
 * Whether reading balances and a day's report stays as cheap with ten million rows in the books as with ten thousand. Both books are open
 * at the same time and asked in turns; prints one JSON line per figure. `node test/bench/ledger-scale.ts [rows] [kind]`; PostgreSQL is left
 * out where it is not installed.
 */
import { join } from "node:path";
import { type DatabaseOptions, type OpenDatabase, openDatabase } from "@sluice/platform/sql";
import { type AccountRef, accountToProto } from "../../services/ledger/src/accounts.ts";
import { balance } from "../../services/ledger/src/budgets/balance.ts";
import { EmbeddedHoldStore } from "../../services/ledger/src/holds/embedded-store.ts";
import { type CalendarWindow, KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import { Budgets } from "../../services/ledger/src/store/budgets.ts";
import { migrations } from "../../services/ledger/src/store/migrations.ts";
import { LedgerReader } from "../../services/ledger/src/store/reader.ts";
import { report } from "../../services/ledger/src/store/reports/report.ts";
import type { LedgerSchema } from "../../services/ledger/src/store/schema.ts";
import { findServers, startPostgres, temporaryDirectory } from "../harness/index.ts";
import { ATTEMPTS_A_DAY, DAY_MS, fillBooks, ORG, proveBooks, TENANT } from "./books/fill-books.ts";

/** One of a thousand keys: a few calls a day. The organisation has some in every quarter hour. */
const KEY: AccountRef = { kind: "key", id: "key_7" };
/** The day that is asked about ends a month. It is the newest in both books, with the same attempts. */
const DAY_END = Date.UTC(2026, 6, 1);
/** An hour behind, so that a month begins with 92 quarter hours of the UTC day in which it begins. */
const FAR_ZONE = "Atlantic/Cape_Verde";
const ENTRIES_A_DAY = ATTEMPTS_A_DAY * 4;
const ROUNDS = 100;
const closing: (() => Promise<void>)[] = [];

type Target = { readonly kind: DatabaseOptions["kind"]; readonly database: OpenDatabase<LedgerSchema> };

type Work = (target: Target) => Promise<unknown>;

/** The ledger's answer about an account with these limits: what its hold store enforces, beside what the books say. */
async function balanceOf(account: AccountRef, window?: CalendarWindow, zone = "UTC"): Promise<Work> {
  const zones = new KnownTimeZones();
  zones.set(TENANT, zone);
  const store = new EmbeddedHoldStore(join(temporaryDirectory("scale"), "holds.db"), "process", zones);
  const limit = { tenant: TENANT, account, unit: "nanousd", soft: false, limit: 1_000_000_000n } as const;
  await store.setLimits([{ ...limit, window: "total" }, ...(window === undefined ? [] : [{ ...limit, window }])]);
  closing.push(() => store.close());
  const request = { tenantId: TENANT, accounts: [accountToProto(account)] };
  return async ({ database }) => {
    const budgets = new Budgets(database, [], zones);
    await balance({ store, budgets, reader: new LedgerReader(database), now: () => DAY_END - 1 }, request);
  };
}

const day = { fromMs: BigInt(DAY_END - DAY_MS), toMs: BigInt(DAY_END), tenant: TENANT };
const works: readonly (readonly [string, Work])[] = [
  ["balance of a key, total", await balanceOf(KEY)],
  ["balance of a key, total and day", await balanceOf(KEY, "day")],
  ["balance of a key, total and month", await balanceOf(KEY, "month")],
  ["balance of the organisation, total", await balanceOf(ORG)],
  ["balance of the organisation, total and day", await balanceOf(ORG, "day")],
  ["balance of the organisation, total and month", await balanceOf(ORG, "month")],
  ["balance of the organisation, total and month, days of another zone", await balanceOf(ORG, "month", FAR_ZONE)],
  ["report of a day by provider and model", ({ database }) => report(database, { ...day, by: [] })],
  ["report of a day by key and task", ({ database }) => report(database, { ...day, by: ["key", "task"] })],
];

async function timed(work: Work, target: Target): Promise<number> {
  const from = performance.now();
  await work(target);
  return (performance.now() - from) * 1_000;
}

function median(times: number[]): number {
  times.sort((a, b) => a - b);
  return Math.round(times[times.length >> 1] ?? 0);
}

/** Asks both books in turns, so that whatever else the machine does hits both. */
async function compare(small: Target, large: Target, rows: number): Promise<void> {
  for (const [what, work] of works) {
    const times = { small: [] as number[], large: [] as number[] };
    for (let round = -5; round < ROUNDS; round++) {
      const [a, b] = [await timed(work, small), await timed(work, large)];
      if (round < 0) continue;
      times.small.push(a);
      times.large.push(b);
    }
    const [few, many] = [median(times.small), median(times.large)];
    const ratio = Math.round((many / few) * 100) / 100;
    const line = { what: `${small.kind}: ${what}`, rows, small_us: few, large_us: many, ratio };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

/** Rows are entries, four for each attempt. */
async function scale(options: (name: string) => DatabaseOptions, rows: number): Promise<void> {
  const open = async (name: string, entries: number): Promise<Target> => {
    const database = await openDatabase<LedgerSchema>(options(name), migrations);
    const target = { kind: database.kind, database };
    await step("filled", target, entries, () => fillBooks(database, { days: entries / ENTRIES_A_DAY, end: DAY_END }));
    return target;
  };
  const many = Math.max(1, Math.round(rows / ENTRIES_A_DAY)) * ENTRIES_A_DAY;
  const small = await open("small", ENTRIES_A_DAY);
  const large = await open("large", many);
  await compare(small, large, many);
  await step("proved by the self-check", small, ENTRIES_A_DAY, () => proveBooks(small.database));
  await step("proved by the self-check", large, many, () => proveBooks(large.database));
  await small.database.close();
  await large.database.close();
}

async function step(what: string, { kind }: Target, rows: number, work: () => Promise<void>): Promise<void> {
  const from = performance.now();
  await work();
  const seconds = Math.round((performance.now() - from) / 100) / 10;
  process.stdout.write(`${JSON.stringify({ what: `${kind}: ${what}`, rows, seconds })}\n`);
}

const rows = Number(process.argv[2] ?? 10_000_000);
const only = process.argv[3];
if (only === undefined || only === "sqlite") {
  const directory = temporaryDirectory("scale");
  await scale((name) => ({ kind: "sqlite", file: join(directory, `${name}.db`) }), rows);
}
if ((only === undefined || only === "postgres") && findServers().postgres !== undefined) {
  const server = await startPostgres({ fast: true });
  const { host, port, user, password } = server;
  const connection = { host, port, user, password, database: "postgres" };
  const statementTimeoutMs = 1_800_000;
  await scale(
    (name) => ({ kind: "postgres", connection, schema: `scale_${name}`, poolSize: 2, statementTimeoutMs }),
    rows,
  );
  await server.stop();
}
for (const close of closing) await close();

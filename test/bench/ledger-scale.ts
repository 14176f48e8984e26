/**
 * Whether reading balances and a day's report stays as cheap with ten million rows in the books as with ten thousand. Both books are open
 * at the same time and asked in turns; prints one JSON line per figure. Rows are made by the database itself, not posted one by one.
 * `node test/bench/ledger-scale.ts [rows] [kind]`; PostgreSQL is left out where it is not installed.
 */
import { join } from "node:path";
import { type DatabaseOptions, type OpenDatabase, openDatabase } from "@sluice/platform/sql";
import { sql } from "kysely";
import type { AccountRef } from "../../services/ledger/src/accounts.ts";
import { balancesFor } from "../../services/ledger/src/budgets/balance.ts";
import type { AccountView } from "../../services/ledger/src/holds/types.ts";
import { KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import { Budgets } from "../../services/ledger/src/store/budgets.ts";
import { migrations } from "../../services/ledger/src/store/migrations.ts";
import { createMonths, monthOf } from "../../services/ledger/src/store/months.ts";
import { LedgerReader } from "../../services/ledger/src/store/reader.ts";
import { report } from "../../services/ledger/src/store/reports/report.ts";
import type { LedgerSchema } from "../../services/ledger/src/store/schema.ts";
import { findServers, startPostgres, temporaryDirectory } from "../harness/index.ts";

const TENANT = "acme";
const KEYS = 1_000;
const KEY: AccountRef = { kind: "key", id: "key_7" };
/** The day that is asked about: the newest in both books, with the same number of attempts. */
const DAY_END = Date.UTC(2026, 5, 16);
const DAY_MS = 86_400_000;
const ATTEMPTS_A_DAY = 10_000;
const ROUNDS = 40;

type Target = { readonly kind: DatabaseOptions["kind"]; readonly database: OpenDatabase<LedgerSchema> };

/** Attempts backwards from the end of the day, evenly, ten thousand a day: each one posting, four entries, and what follows. */
async function fill({ database }: Target, count: number): Promise<void> {
  const { db, kind } = database;
  const step = DAY_MS / ATTEMPTS_A_DAY;
  const first = DAY_END - count * step;
  await db.transaction().execute(async (transaction) => {
    const months = Array.from({ length: monthOf(DAY_END) - monthOf(first) + 1 }, (_, index) => monthOf(first) + index);
    await createMonths({ kind, db: transaction }, months);
  });
  const run = async (text: string): Promise<void> => void (await sql.raw(text).execute(db));
  await run("create table numbers (n bigint primary key)");
  await run(
    kind === "sqlite"
      ? `insert into numbers with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${count}) select n from counted`
      : `insert into numbers select generate_series(1, ${count})`,
  );
  const start = `(${first} + (n - 1) * ${step})`;
  const key = `'key:key_' || (n % ${KEYS})`;
  const accounts = `'["org:acme","key:key_' || (n % ${KEYS}) || '"]'`;
  await run(`insert into attempts (attempt_id, tenant, accounts, kind, nanousd, input_tokens, output_tokens, overrun, started_at_ms, price_id, price_version)
    select 'att_' || n, 'acme', ${accounts}, 'metered', 1000, 100, 400, 0, ${start}, 'sim/m', 'sim/m@1' from numbers`);
  await run(`insert into postings (sequence, attempt_id, request_id, tenant, provider, model, price_version, kind, overrun, nanousd, input_tokens,
      output_tokens, posted_at_ms, started_at_ms, price_id, accounts, usage, task, tags)
    select n, 'att_' || n, 'req_' || n, 'acme', 'sim', 'm' || (n % 20), 'sim/m@1', 'metered', 0, 1000, 100, 400, ${start} + 900, ${start}, 'sim/m',
      ${accounts}, '{"inputTokens":"100","outputTokens":"400"}', 'chat', '' from numbers`);
  await run(`insert into outcomes (tenant, request_id, outcome, verdict, finished_at_ms, attempt_id)
    select 'acme', 'req_' || n, 'delivered', 'pass', ${start} + 900, 'att_' || n from numbers`);
  const sides: readonly (readonly [account: string, sign: number])[] = [
    ["'org:acme'", 1],
    ["'provider:sim'", -1],
    [key, 1],
    ["'provider:sim'", -1],
  ];
  for (const [line, [account, sign]] of sides.entries()) {
    await run(`insert into entries (sequence, line, tenant, account, nanousd, input_tokens, output_tokens, started_at_ms)
      select n, ${line}, 'acme', ${account}, ${sign * 1_000}, ${sign * 100}, ${sign * 400}, ${start} from numbers`);
  }
  await run(
    `insert into balances select tenant, account, sum(nanousd), sum(input_tokens), sum(output_tokens) from entries group by tenant, account`,
  );
  await run(`insert into rollups select tenant, account, started_at_ms / 900000, sum(nanousd), sum(input_tokens), sum(output_tokens), count(*)
    from entries where account not like 'provider:%' group by tenant, account, started_at_ms / 900000`);
  await run("insert into tenants values ('acme', '')");
  await run(`update totals set postings = ${count}`);
  await run("drop table numbers");
  await run(kind === "sqlite" ? "pragma wal_checkpoint(truncate)" : "vacuum analyze");
}

/** The enforced counters as a hold store would answer; the question is what the books take. */
function viewOf(window: "day" | "month"): AccountView {
  const nothing = { nanousd: 0n, inputTokens: 0n, outputTokens: 0n };
  const limit = { unit: "nanousd", soft: false, limit: 1_000_000_000n } as const;
  const limits = [
    { ...limit, window: "total" },
    { ...limit, window },
  ] as const;
  return { tenant: TENANT, account: KEY, limits, windows: [], spent: nothing, held: nothing, openHolds: 0 };
}

type Work = (target: Target) => Promise<unknown>;

const balance = (window: "day" | "month"): Work => {
  return async ({ database }) => {
    const budgets = new Budgets(database, [], new KnownTimeZones());
    const store = { balances: async () => [viewOf(window)] };
    const reader = new LedgerReader(database);
    await balancesFor({ store, budgets, reader, now: () => DAY_END - 1 }, TENANT, [KEY]);
  };
};
const day = { fromMs: BigInt(DAY_END - DAY_MS), toMs: BigInt(DAY_END), tenant: TENANT };
const works: readonly (readonly [string, Work])[] = [
  ["balance of an account, total and day", balance("day")],
  // The small books have one day of the month, the large ones all of it so far: at most 2,976 quarter hours are summed, however many rows.
  ["balance of an account, total and month", balance("month")],
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

/** Entry rows, as they are counted here: four for each attempt. */
async function scale(options: (name: string) => DatabaseOptions, rows: number): Promise<void> {
  const open = async (name: string, entries: number): Promise<Target> => {
    const database = await openDatabase<LedgerSchema>(options(name), migrations);
    const target = { kind: database.kind, database };
    const from = performance.now();
    await fill(target, entries / 4);
    const seconds = Math.round((performance.now() - from) / 100) / 10;
    process.stdout.write(`${JSON.stringify({ what: `${database.kind}: filled`, rows: entries, seconds })}\n`);
    return target;
  };
  // The small books hold one day, the large ones years of the same days.
  const small = await open("small", Math.min(rows, ATTEMPTS_A_DAY * 4));
  const large = await open("large", rows);
  await compare(small, large, rows);
  await small.database.close();
  await large.database.close();
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

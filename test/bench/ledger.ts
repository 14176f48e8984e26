/**
 * What the ledger's steps cost: a hold with the embedded and the Redis store, entry rows applied with SQLite and PostgreSQL.
 * Prints one JSON line per figure. Redis and PostgreSQL are left out where they are not installed.
 */
import { join } from "node:path";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { type DatabaseOptions, openDatabase } from "@sluice/platform/sql";
import { Usage } from "@sluice/proto/common/v1/usage";
import type { AccountRef } from "../../services/ledger/src/accounts.ts";
import { EmbeddedHoldStore } from "../../services/ledger/src/holds/embedded-store.ts";
import { RedisHoldStore } from "../../services/ledger/src/holds/redis-store.ts";
import type { HoldStore } from "../../services/ledger/src/holds/types.ts";
import { KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import type { Fact } from "../../services/ledger/src/postings.ts";
import { applyFacts } from "../../services/ledger/src/store/apply.ts";
import { Budgets } from "../../services/ledger/src/store/budgets.ts";
import { migrations } from "../../services/ledger/src/store/migrations.ts";
import { Months } from "../../services/ledger/src/store/months.ts";
import type { LedgerSchema } from "../../services/ledger/src/store/schema.ts";
import { tagsText, usageText } from "../../services/ledger/src/store/texts.ts";
import { findServers, startPostgres, startRedis, temporaryDirectory } from "../harness/index.ts";

const TENANT = "acme";
const CHAIN: readonly AccountRef[] = [
  { kind: "org", id: "acme" },
  { kind: "team", id: "team_1" },
  { kind: "key", id: "key_1" },
  { kind: "model", id: "sim/small" },
];
const STARTED_AT = Date.UTC(2026, 0, 1);
const USAGE = usageText(Usage.fromPartial({ inputTokens: 60n, cachedInputTokens: 40n, outputTokens: 400n }));
const TAGS = tagsText({ feature: "search", env: "prod" });
const AMOUNTS = { nanousd: 1_000n, inputTokens: 100n, outputTokens: 400n };

function report(what: string, figures: Readonly<Record<string, number>>): void {
  process.stdout.write(`${JSON.stringify({ what, ...figures })}\n`);
}

async function holds(what: string, store: HoldStore, count: number, atOnce: number, windowed = false): Promise<void> {
  const limit = { tenant: TENANT, unit: "nanousd", soft: false, limit: 2n ** 60n } as const;
  await store.setLimits([{ ...limit, account: { kind: "key", id: "key_1" }, window: "total" }]);
  if (windowed) await store.setLimits([{ ...limit, account: { kind: "org", id: "acme" }, window: "day" }]);
  const times: number[] = [];
  const run = `${what}-${atOnce}`.replaceAll(" ", "-");
  const one = async (index: number): Promise<void> => {
    const from = performance.now();
    const { durable } = await store.place({
      id: `${run}-${index}`,
      tenant: TENANT,
      requestId: `req_${index}`,
      accounts: CHAIN,
      amounts: AMOUNTS,
      provider: "sim",
      model: "small",
      priceId: "sim/small",
      priceVersion: "sim/small@2026-01-01",
      fingerprint: "0123456789abcdef",
      placedAt: 0,
      expiresAt: 60_000,
      startedAt: STARTED_AT,
      sliceId: "",
      size: [],
      task: "",
      tags: {},
    });
    await durable;
    times.push(performance.now() - from);
  };
  const cpu = process.cpuUsage();
  const from = performance.now();
  for (let first = 0; first < count; first += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, index) => one(first + index)));
  }
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  report(`${what}, ${atOnce} at once`, {
    p50_us: Math.round((times[times.length >> 1] ?? 0) * 1_000),
    cpu_us_per_hold: Math.round((user + system) / count),
    holds_per_s: Math.round(count / seconds),
  });
}

function fact(index: number): Fact {
  return {
    attemptId: `att_${index}`,
    requestId: `req_${index}`,
    tenant: TENANT,
    provider: "sim",
    model: "small",
    priceId: "sim/small",
    priceVersion: "sim/small@2026-01-01",
    kind: "metered",
    total: AMOUNTS,
    billable: true,
    accounts: CHAIN,
    heldNanousd: 1_000n,
    startedAt: STARTED_AT + index * 10,
    usage: USAGE,
    task: "chat",
    tags: TAGS,
    at: STARTED_AT + index * 10 + 1_000,
  };
}

async function apply(what: string, options: DatabaseOptions, count: number, batch: number): Promise<void> {
  const database = await openDatabase<LedgerSchema>(options, migrations);
  const books = {
    database,
    budgets: new Budgets(database, [80, 100], new KnownTimeZones()),
    months: new Months(database),
  };
  const cpu = process.cpuUsage();
  const from = performance.now();
  for (let first = 0; first < count; first += batch) {
    const facts = Array.from({ length: batch }, (_, index) => fact(first + index));
    const { outboxId } = await applyFacts(books, facts);
    if (outboxId !== undefined) await database.db.deleteFrom("outbox").where("id", "=", outboxId).execute();
  }
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  report(`${what}, batches of ${batch}`, {
    cpu_us_per_entry_row: Math.round(((user + system) / (count * CHAIN.length * 2)) * 100) / 100,
    entry_rows_per_s: Math.round((count * CHAIN.length * 2) / seconds),
    attempts_per_s: Math.round(count / seconds),
  });
  await database.close();
}

const embedded = new EmbeddedHoldStore(join(temporaryDirectory("bench"), "holds.sqlite"));
await holds("warm-up", embedded, 5_000, 50);
await holds("hold, embedded", embedded, 5_000, 1);
await holds("hold, embedded", embedded, 20_000, 32);
await holds("hold with a daily limit, embedded", embedded, 5_000, 1, true);
await holds("hold with a daily limit, embedded", embedded, 20_000, 32, true);
await embedded.close();
await apply("apply, warm-up", { kind: "sqlite", file: join(temporaryDirectory("bench"), "warm.db") }, 5_120, 256);
await apply("apply, SQLite", { kind: "sqlite", file: join(temporaryDirectory("bench"), "one.db") }, 25_600, 256);
await apply("apply, SQLite", { kind: "sqlite", file: join(temporaryDirectory("bench"), "two.db") }, 6_400, 32);

/** What Redis itself spends, in microseconds of CPU. */
async function redisCpu(redis: Redis): Promise<number> {
  const info = await redis.info("cpu");
  const seconds = (name: string): number => Number(new RegExp(`${name}:([0-9.]+)`).exec(info)?.[1] ?? 0);
  return (seconds("used_cpu_user") + seconds("used_cpu_sys")) * 1_000_000;
}

async function redisHolds(what: string, atOnce: number, count: number, windowed = false): Promise<void> {
  const server = await startRedis();
  const redis = await connectRedis({ host: server.host, port: server.port, password: server.password });
  const store = new RedisHoldStore({ redis, rememberMs: 3_600_000 });
  await holds("hold, Redis warm-up", store, 5_000, 100);
  const before = await redisCpu(redis);
  await holds(what, store, count, atOnce, windowed);
  const placed = await redisCpu(redis);
  const live = await store.upkeep.live();
  const from = performance.now();
  for (let first = 0; first < live.length; first += 256) {
    const ended = live.slice(first, first + 256);
    await store.settle(
      ended.map(({ id, tenant, amounts, startedAt }) => {
        return { id, tenant, startedAt, total: amounts, rank: 2, ending: "settled", at: STARTED_AT } as const;
      }),
    );
  }
  const settledPerSecond = Math.round(live.length / ((performance.now() - from) / 1_000));
  report(`${what}, ${atOnce} at once: CPU of redis-server`, {
    cpu_us_per_hold: Math.round((placed - before) / count),
    cpu_us_per_settlement: Math.round(((await redisCpu(redis)) - placed) / live.length),
    settlements_per_s: settledPerSecond,
  });
  redis.disconnect();
  await server.stop();
}

const found = findServers();
if (found.redis !== undefined) {
  await redisHolds("hold, Redis", 1, 2_000);
  await redisHolds("hold, Redis", 200, 40_000);
  await redisHolds("hold with a daily limit, Redis", 200, 40_000, true);
}
if (found.postgres !== undefined) {
  const server = await startPostgres({ fast: false });
  const { host, port, user, password } = server;
  const connection = { host, port, user, password, database: "postgres" };
  await apply("apply, PostgreSQL", { kind: "postgres", connection, schema: "bench", poolSize: 2 }, 12_800, 256);
  await server.stop();
}

// shapes: distributed
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { connectRedis } from "@sluice/platform/cache";
import { parse } from "yaml";
import { eventually, startRedis } from "../harness/index.ts";
import { type System, shapes, startSystem } from "../harness/system.ts";
import { billIsLedger } from "./support/bill-is-ledger.ts";
import { budgetRow } from "./support/books.ts";
import { Traffic } from "./support/traffic.ts";

const CLIENTS = 30;
const HOLD_MS = 5_000;
const ANSWERS_BEFORE = 120;
/** `sim/exact` charges 1,000 nano-USD a token. */
const MODEL = "sim/exact+bill-full";
const MAX_TOKENS = 40;
/** Room for some hundreds of requests: traffic meets the limit after the loss. */
const LIMIT_NANOUSD = 30_000_000n;

/** Files that Redis reads at its next start; what it has open goes on into files that nobody will read. */
const DATA = "appendonlydir";

interface Loss {
  readonly name: string;
  /** Called in mid-traffic, early: whatever the loss needs to have prepared. */
  prepare(redis: RedisPlace): Promise<void>;
  /** Changes what the next start of Redis reads. */
  lose(redis: RedisPlace): Promise<void>;
}

interface RedisPlace {
  readonly directory: string;
  readonly copy: string;
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

const LOSSES: readonly Loss[] = [
  {
    name: "restarted empty",
    prepare: async () => undefined,
    lose: async ({ directory }) => rmSync(join(directory, DATA), { recursive: true }),
  },
  {
    name: "rolled back to an older file",
    prepare: async ({ directory, copy }) => cpSync(join(directory, DATA), copy, { recursive: true }),
    lose: async ({ directory, copy }) => {
      rmSync(join(directory, DATA), { recursive: true });
      renameSync(copy, join(directory, DATA));
    },
  },
  {
    name: "replaced by a replica that lags behind",
    prepare: copyOfReplica,
    lose: async ({ directory, copy }) => {
      rmSync(join(directory, DATA), { recursive: true });
      renameSync(copy, join(directory, DATA));
    },
  },
];

for (const shape of shapes().filter((each) => each === "distributed")) {
  for (const loss of LOSSES) {
    test(`Redis ${loss.name} in mid-traffic: balances come back, nothing is overspent (${shape})`, async (t) => {
      const settings = { "router.hold_ttl_ms": HOLD_MS };
      const system = await startSystem({ shape, routers: 2, pace: 1, tokensPerSecond: 200, settings });
      t.after(() => system.stop());
      t.diagnostic(await loseAndCompare(system, loss));
    });
  }
}

async function loseAndCompare(system: System, loss: Loss): Promise<string> {
  const usd = `0.${LIMIT_NANOUSD.toString().padStart(9, "0")}`;
  const key = await system.createKey(["--name", "loss", "--budget-usd", usd]);
  const redis = placeOf(system);
  const traffic = new Traffic(system, {
    clients: CLIENTS,
    model: MODEL,
    maxTokens: MAX_TOKENS,
    apiKey: key.secret,
  });
  try {
    return await loseInTraffic(system, loss, { traffic, redis, key: key.id });
  } catch (error) {
    process.stderr.write(`${system.log().slice(-8_000)}\n`);
    throw error;
  } finally {
    await traffic.stop();
  }
}

interface Scene {
  readonly traffic: Traffic;
  readonly redis: RedisPlace;
  readonly key: string;
}

async function loseInTraffic(system: System, loss: Loss, { traffic, redis, key }: Scene): Promise<string> {
  await traffic.flow(ANSWERS_BEFORE, "the copy is made");
  await loss.prepare(redis);
  await traffic.flow(ANSWERS_BEFORE, "Redis is lost");
  const before = system.pids()["redis"];
  await loss.lose(redis);
  system.kill("redis");
  await eventually(() => system.pids()["redis"] !== before, { timeoutMs: 60_000, message: "Redis started again" });
  await traffic.flow(10, "the traffic is stopped");
  await eventually(() => traffic.failures.has("402 budget_exhausted"), {
    timeoutMs: 120_000,
    message: "the limit reached",
  });
  await traffic.stop();
  const { spent, story } = await billIsLedger(system);
  const row = await budgetRow(system, "key", key);
  assert.equal(row.spent, spent.toString());
  assert.ok(spent <= LIMIT_NANOUSD, `spent ${spent} of ${LIMIT_NANOUSD}`);
  const failures = [...traffic.failures].map(([name, count]) => `${name}: ${count}`).join(", ");
  return `${traffic.answered} answered, refused ${failures}; spent ${spent} of ${LIMIT_NANOUSD}; ${story}`;
}

function placeOf(system: System): RedisPlace {
  const directory = join(system.dataDirectory, "redis");
  const config = parse(readFileSync(join(system.dataDirectory, "distributed.yaml"), "utf8"));
  const { host, port, password_file: file } = config.redis as { host: string; port: number; password_file: string };
  const password = readFileSync(file, "utf8").trim();
  return { directory, copy: join(system.dataDirectory, "redis-copy"), host, port, password };
}

/** A second Redis follows the first until now, and is then cut off: what it has is what a failover to it would find. */
async function copyOfReplica({ host, port, password, copy }: RedisPlace): Promise<void> {
  const directory = `${copy}-replica`;
  // By itself it waits five seconds for further replicas, in which the traffic would use up its budget.
  const primary = await connectRedis({ host, port, password });
  await primary.config("SET", "repl-diskless-sync-delay", "0");
  primary.disconnect();
  const replica = await startRedis({ directory });
  try {
    const own = { host: replica.host, port: replica.port, password: replica.password };
    const redis = await connectRedis(own);
    try {
      await redis.config("SET", "masterauth", password);
      await redis.replicaof(host, port);
      await eventually(async () => assert.match(await redis.info("replication"), /master_link_status:up/));
      await redis.replicaof("NO", "ONE");
      // It writes its file anew after the synchronization, and does not end while it does.
      await eventually(async () => {
        const state = await redis.info("persistence");
        assert.match(state, /aof_rewrite_in_progress:0/);
        assert.match(state, /aof_rewrite_scheduled:0/);
      });
    } finally {
      redis.disconnect();
    }
  } finally {
    await replica.kill();
  }
  assert.ok(existsSync(join(directory, DATA)));
  renameSync(join(directory, DATA), copy);
}

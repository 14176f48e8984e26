// needs: redis
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Bus, openBus } from "@sluice/platform/bus";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import { type OpenDatabase, openDatabase } from "@sluice/platform/sql";
import { keepHold } from "../../services/ledger/src/holds/keep-hold.ts";
import { recoverHolds } from "../../services/ledger/src/holds/recover.ts";
import { SharedStore } from "../../services/ledger/src/holds/shared-store.ts";
import type { HoldStore } from "../../services/ledger/src/holds/types.ts";
import { KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import { migrations } from "../../services/ledger/src/store/migrations.ts";
import { LedgerReader } from "../../services/ledger/src/store/reader.ts";
import type { LedgerSchema } from "../../services/ledger/src/store/schema.ts";
import { eventually, type RunningServer, startRedis, temporaryDirectory } from "../harness/index.ts";
import { HARD, nano, ORG, termsOf } from "./holds-kit.ts";

const TENANT = "acme";
const LIMIT = { ...HARD, tenant: TENANT, account: ORG, unit: "nanousd", limit: 100n } as const;
let server: RunningServer;
let database: OpenDatabase<LedgerSchema>;
let bus: Bus;
const connections: Redis[] = [];
const stores: SharedStore[] = [];

before(async () => {
  server = await startRedis();
  const directory = temporaryDirectory("fences");
  database = await openDatabase<LedgerSchema>({ kind: "sqlite", file: join(directory, "ledger.db") }, migrations);
  bus = await openBus({ kind: "embedded", file: join(directory, "events.db") });
  await open();
  await open();
});
after(async () => {
  for (const store of stores) await store.stop();
  for (const connection of connections) connection.disconnect();
  await bus.close();
  await database.close();
  await server.stop();
});

/** One ledger among those that share Redis, the books and the bus. */
async function open(): Promise<void> {
  const redis = await connectRedis({ host: server.host, port: server.port, password: server.password });
  const log = createLogger({ service: "ledger", level: "silent" });
  const zones = new KnownTimeZones();
  const now = Date.now;
  const about = { redis, database, bus, log, zones, now, rememberMs: 48 * 3_600_000, unchecked: false };
  const shared = new SharedStore({ ...about, metrics: createMetrics({ processMetrics: false }) });
  connections.push(redis);
  stores.push(shared);
  const reader = new LedgerReader(database);
  await shared.start((store, since) =>
    recoverHolds({ store, database, reader, bus, log, limits: [LIMIT], zones, alone: false, now, since }),
  );
}

async function grant(store: HoldStore, id: string, amount: bigint): Promise<string> {
  const { outcome, durable, confirm } = await store.place({
    ...termsOf(TENANT, id, nano(amount)),
    placedAt: Date.now(),
  });
  if (outcome.kind === "granted") {
    await keepHold({ store, bus, now: Date.now }, { ...outcome, durable, confirm });
  }
  return outcome.kind;
}

function at(index: number): SharedStore {
  const shared = stores[index];
  assert.ok(shared);
  return shared;
}

const isUnavailable = (error: unknown): boolean => error instanceof SluiceError && error.code === "unavailable";

test("one of several ledgers rebuilds, and what the others have granted is there", async () => {
  const [first, second] = [at(0), at(1)];
  assert.equal(await grant(first.store, "a", 30n), "granted");
  assert.equal(await grant(second.store, "b", 30n), "granted");
  const before = first.fence.epoch;
  assert.equal(second.fence.epoch, before);
  await connections[0]?.flushall();
  await assert.rejects(grant(second.store, "x", 1n), isUnavailable);
  await eventually(() => first.fence.epoch === before + 1n && second.fence.epoch === before + 1n);
  assert.equal(first.fence.rebuilds + second.fence.rebuilds, 2, "the first start, and this one");
  assert.equal(await grant(first.store, "c", 41n), "refused");
  assert.equal(await grant(second.store, "c", 40n), "granted");
});

test("a hold that was placed before and told after the rebuild began is not answered", async () => {
  const [first] = [at(0)];
  await first.store.void({ tenant: TENANT, id: "c" }, Date.now());
  const { outcome, durable, confirm } = await first.store.place(termsOf(TENANT, "d", nano(1n)));
  assert.equal(outcome.kind, "granted");
  const before = first.fence.epoch;
  await connections[0]?.flushall();
  await eventually(() => at(0).fence.epoch > before && at(1).fence.epoch > before);
  assert.ok(outcome.kind === "granted");
  await assert.rejects(
    keepHold({ store: first.store, bus, now: Date.now }, { ...outcome, durable, confirm }),
    isUnavailable,
  );
});

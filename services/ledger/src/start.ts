import { join } from "node:path";
import type { RunningService, ServiceContext } from "@sluice/platform/module";
import { bind } from "@sluice/platform/rpc";
import { LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";
import type { LedgerConfig } from "./config.ts";
import { AttemptsConsumer } from "./consumers/attempts.ts";
import { Gate } from "./gate.ts";
import { Admission } from "./holds/admission.ts";
import { EmbeddedHoldStore } from "./holds/embedded-store.ts";
import { Expiry } from "./holds/expiry.ts";
import { recoverHolds } from "./holds/recover.ts";
import { RedisHoldStore } from "./holds/redis-store.ts";
import type { HoldStore } from "./holds/types.ts";
import { KnownTimeZones } from "./holds/windows.ts";
import { Housekeeping } from "./housekeeping.ts";
import { ledgerMetrics } from "./ledger-metrics.ts";
import { announcePrices } from "./prices/announce.ts";
import { loadCatalogue, SHIPPED_PRICES } from "./prices/load.ts";
import { PriceFiles } from "./prices/reload.ts";
import { SelfCheck } from "./self-check.ts";
import { ledgerService } from "./service.ts";
import { BalanceCheck } from "./store/balance-check.ts";
import { Budgets } from "./store/budgets.ts";
import { migrations } from "./store/migrations.ts";
import { Months } from "./store/months.ts";
import { Outbox } from "./store/outbox.ts";
import { LedgerReader } from "./store/reader.ts";
import type { LedgerSchema } from "./store/schema.ts";
import { StoredTimeZones } from "./store/time-zones.ts";
import { Turns } from "./turns.ts";

const HOUR_MS = 3_600_000;

/** Starts the ledger: prices, books, hold store, then the consumer and what happens by itself. */
export async function startLedger(context: ServiceContext<LedgerConfig>): Promise<RunningService> {
  const { config, bus, log } = context;
  const now = Date.now;
  const metrics = ledgerMetrics(context.metrics);
  const priceFolders = [SHIPPED_PRICES, ...(config.prices_directory ? [config.prices_directory] : [])];
  const catalogue = await loadCatalogue(priceFolders);
  const database = await context.database<LedgerSchema>(migrations);
  const reader = new LedgerReader(database);
  const zones = new KnownTimeZones();
  const timeZones = new StoredTimeZones(database, zones);
  await timeZones.load();
  const budgets = new Budgets(database, config.crossed_percents, zones);
  const outbox = new Outbox({ database, bus, log });
  const { store, alone } = await openStore(context);
  const limits = await budgets.load();
  await recoverHolds({ store, database, reader, bus, log, limits, alone, now });
  await outbox.recover();
  await announcePrices(database, outbox, catalogue.content);
  const priceFiles = new PriceFiles({
    directories: priceFolders,
    catalogue,
    announce: (content) => announcePrices(database, outbox, content),
    onState: (stale) => metrics.priceFilesStale.set(stale ? 1 : 0),
    log,
    pollMs: config.prices_poll_ms,
  });
  await priceFiles.start();

  const months = new Months(database);
  await months.ensureAhead(now());
  const turns = new Turns();
  const settling = { database, budgets, months, turns, outbox, store, metrics, log };
  const consumer = new AttemptsConsumer({
    ...settling,
    catalogue,
    now,
    batchSize: config.batch_size,
    outboxMax: config.outbox_batches_max,
  });
  await consumer.start(bus);
  const expiry = new Expiry({ ...settling, bus, consumer, graceMs: config.expiry_grace_ms, now });
  const selfCheck = new SelfCheck({ store, reader, balanceCheck: new BalanceCheck(database), consumer, metrics, log });
  const housekeeping = new Housekeeping({ expiry, selfCheck, store, outbox, consumer, metrics, config, log, now });
  housekeeping.start();

  const gate = new Gate();
  const admission = new Admission({ store, catalogue, bus, config, metrics, now });
  const money = { store, reader, budgets, timeZones, turns };
  const parts = { ...money, admission, catalogue, selfCheck, bus, gate, config, metrics, now };
  let stopping = false;
  return {
    services: [bind(LedgerServiceDefinition, ledgerService(parts))],
    notReady: () => (stopping ? "The ledger is stopping." : undefined),
    drain: async (deadlineMs) => {
      stopping = true;
      await gate.drain(deadlineMs);
    },
    stop: async () => {
      await priceFiles.stop();
      await consumer.stop();
      await housekeeping.stop();
      await outbox.flush(STOP_FLUSH_MS);
      await outbox.stop();
      await store.close();
    },
  };
}

const STOP_FLUSH_MS = 1_000;

/** The shared hold store where there is Redis, else this process's own. */
async function openStore(
  context: ServiceContext<LedgerConfig>,
): Promise<{ readonly store: HoldStore; readonly alone: boolean }> {
  const redis = await context.redis();
  if (redis === undefined) {
    return { store: new EmbeddedHoldStore(join(context.directory, "holds.sqlite"), context.durability), alone: true };
  }
  const rememberMs = context.config.remember_ended_hours * HOUR_MS;
  return { store: new RedisHoldStore({ redis, rememberMs }), alone: false };
}

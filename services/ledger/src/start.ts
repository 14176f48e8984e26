import type { RunningService, ServiceContext } from "@sluice/platform/module";
import { bind } from "@sluice/platform/rpc";
import { type HoldRequest, LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";
import { Agreement } from "./budgets/agreement.ts";
import { SettingsWatch } from "./budgets/watch.ts";
import type { LedgerConfig } from "./config.ts";
import { OutcomesConsumer } from "./consumers/attempt-finished.ts";
import { AttemptsConsumer } from "./consumers/attempts.ts";
import { Corrections } from "./corrections/corrections.ts";
import { Gate } from "./gate.ts";
import { Admission } from "./holds/admission.ts";
import { Expiry } from "./holds/expiry.ts";
import { openHolds } from "./holds/open-store.ts";
import { recoverHolds } from "./holds/recover.ts";
import { KnownTimeZones } from "./holds/windows.ts";
import { Housekeeping } from "./housekeeping.ts";
import { ledgerMetrics } from "./ledger-metrics.ts";
import { announcePrices } from "./prices/announce.ts";
import { loadCatalogue, SHIPPED_PRICES } from "./prices/load.ts";
import { PriceFiles } from "./prices/reload.ts";
import { EmbeddedRates } from "./rates/embedded-rates.ts";
import { RateKeeper } from "./rates/rate-keeper.ts";
import { RatedAdmission } from "./rates/rated-admission.ts";
import { RedisRates } from "./rates/redis-rates.ts";
import { SelfCheck } from "./self-check.ts";
import { ledgerService } from "./service.ts";
import { BalanceCheck } from "./store/balance-check.ts";
import { Budgets } from "./store/budgets.ts";
import type { LedgerDatabase } from "./store/database.ts";
import { migrations } from "./store/migrations.ts";
import { Months } from "./store/months.ts";
import { Outbox } from "./store/outbox.ts";
import { SqlRateLimits } from "./store/rate-limits.ts";
import { LedgerReader } from "./store/reader.ts";
import type { LedgerSchema } from "./store/schema.ts";
import { StoredTimeZones } from "./store/time-zones.ts";
import { Turns } from "./turns.ts";

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
  const holds = await openHolds(context, { database, zones, now });
  const { store, alone } = holds;
  const rates = await openRates(context, database);
  await holds.start(async (target) => {
    const limits = await budgets.load();
    await recoverHolds({ store: target, database, reader, bus, log, limits, zones, alone, now });
  });
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
  const corrections = new Corrections(settling);
  await (alone ? corrections.forgetPending() : corrections.settlePending());
  const consumer = new AttemptsConsumer({
    ...settling,
    catalogue,
    rates,
    now,
    batchSize: config.batch_size,
    outboxMax: config.outbox_batches_max,
  });
  await consumer.start(bus);
  const outcomes = new OutcomesConsumer(database);
  await outcomes.start(bus);
  const expiry = new Expiry({ ...settling, bus, consumer, graceMs: config.expiry_grace_ms, now });
  const money = { database, store, reader, budgets, timeZones, zones, turns, rates, now };
  const selfCheck = new SelfCheck({
    agreement: new Agreement(money),
    balanceCheck: new BalanceCheck(database, turns),
    consumer,
    metrics,
    log,
  });
  const housekeeping = new Housekeeping({
    expiry,
    selfCheck,
    settings: new SettingsWatch(money),
    months,
    store,
    outbox,
    consumer,
    metrics,
    config,
    log,
    now,
  });
  housekeeping.start();

  const gate = new Gate();
  const admission = new Admission({ store, catalogue, zones, bus, config, metrics, now });
  const ttlMaxMs = config.hold_ttl_max_ms;
  const hold = (request: HoldRequest) => admission.hold(request);
  const rated = new RatedAdmission({ rates, store, metrics, log, ttlMaxMs, now, hold });
  const parts = {
    ...money,
    admittance: () => holds.admittance(),
    corrections,
    rated,
    admission,
    catalogue,
    selfCheck,
    bus,
    gate,
    config,
    metrics,
  };
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
      await outcomes.stop();
      await housekeeping.stop();
      await outbox.flush(STOP_FLUSH_MS);
      await outbox.stop();
      await holds.stop();
      await store.close();
    },
  };
}

const STOP_FLUSH_MS = 1_000;

/** The rate limits, and the minutes they are checked against: shared where there is Redis. */
async function openRates(context: ServiceContext<LedgerConfig>, database: LedgerDatabase): Promise<RateKeeper> {
  const redis = await context.redis();
  const minutes = redis === undefined ? new EmbeddedRates() : new RedisRates(redis);
  const rates = new RateKeeper(minutes, new SqlRateLimits(database));
  await rates.refresh();
  return rates;
}

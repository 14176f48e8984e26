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
import { type OpenedHolds, openHolds } from "./holds/open-store.ts";
import { recoverHolds } from "./holds/recover.ts";
import { Housekeeping } from "./housekeeping.ts";
import { type LedgerMetrics, ledgerMetrics } from "./ledger-metrics.ts";
import { type OpenBooks, openBooks } from "./open-books.ts";
import { announcePrices } from "./prices/announce.ts";
import type { Catalogue } from "./prices/catalogue.ts";
import { loadCatalogue, SHIPPED_PRICES } from "./prices/load.ts";
import { PriceFiles } from "./prices/reload.ts";
import { recallPrices } from "./prices/remembered.ts";
import { EmbeddedRates } from "./rates/embedded-rates.ts";
import { RateKeeper } from "./rates/rate-keeper.ts";
import { RatedAdmission } from "./rates/rated-admission.ts";
import { RedisRates } from "./rates/redis-rates.ts";
import { SelfCheck } from "./self-check.ts";
import { ledgerService } from "./service.ts";
import { BalanceCheck } from "./store/balance-check.ts";
import type { LedgerDatabase } from "./store/database.ts";
import { SqlRateLimits } from "./store/rate-limits.ts";

const STOP_FLUSH_MS = 1_000;

/** Starts the ledger: prices, books, hold store, then the consumer and what happens by itself. */
export async function startLedger(context: ServiceContext<LedgerConfig>): Promise<RunningService> {
  const { config, bus, log } = context;
  const now = Date.now;
  const metrics = ledgerMetrics(context.metrics);
  const catalogue = await loadCatalogue(priceFolders(config));
  const books = await openBooks(context, now);
  const { database, reader, zones, budgets, outbox } = books;
  const holds = await openHolds(context, { database, zones, now });
  const { store, alone } = holds;
  const rates = await openRates(context, database);
  await holds.start(async (target, since) => {
    const limits = await budgets.load();
    await recoverHolds({ store: target, database, reader, bus, log, limits, zones, alone, now, since });
  });
  await outbox.recover();
  const priceFiles = await startPrices(context, { books, catalogue, metrics });
  const running = await startWork(context, { books, catalogue, metrics, holds, rates, now });

  const gate = new Gate();
  const admission = new Admission({ store, catalogue, zones, bus, config, metrics, now });
  const ttlMaxMs = config.hold_ttl_max_ms;
  const hold = (request: HoldRequest) => admission.hold(request);
  const rated = new RatedAdmission({ rates, store, metrics, log, ttlMaxMs, now, hold });
  const { corrections, selfCheck } = running;
  const admittance = () => holds.admittance();
  const money = { ...books, store, rates, rated, admission, admittance, corrections, catalogue, selfCheck };
  let stopping = false;
  return {
    services: [bind(LedgerServiceDefinition, ledgerService({ ...money, bus, gate, config, metrics, now }))],
    notReady: () => (stopping ? "The ledger is stopping." : undefined),
    drain: async (deadlineMs) => {
      stopping = true;
      await gate.drain(deadlineMs);
    },
    stop: async () => {
      await priceFiles.stop();
      await running.stop();
      await outbox.flush(STOP_FLUSH_MS);
      await outbox.stop();
      await holds.stop();
      await store.close();
      await books.close();
    },
  };
}

interface PriceParts {
  readonly books: OpenBooks;
  readonly catalogue: Catalogue;
  readonly metrics: LedgerMetrics;
}

/** Publishes new price versions, now and whenever the files change. */
async function startPrices(
  { config, log }: ServiceContext<LedgerConfig>,
  { books: { database, outbox }, catalogue, metrics }: PriceParts,
): Promise<PriceFiles> {
  await announcePrices(database, outbox, catalogue.content);
  await recallPrices(database, catalogue);
  const priceFiles = new PriceFiles({
    directories: priceFolders(config),
    catalogue,
    announce: (content) => announcePrices(database, outbox, content),
    onState: (stale) => metrics.priceFilesStale.set(stale ? 1 : 0),
    log,
    pollMs: config.prices_poll_ms,
  });
  await priceFiles.start();
  return priceFiles;
}

interface WorkParts extends PriceParts {
  readonly holds: OpenedHolds;
  readonly rates: RateKeeper;
  readonly now: () => number;
}

/** Starts the consumers and what happens by itself. */
async function startWork(
  { config, bus, log }: ServiceContext<LedgerConfig>,
  { books, catalogue, metrics, holds: { store, alone }, rates, now }: WorkParts,
): Promise<{ readonly corrections: Corrections; readonly selfCheck: SelfCheck; stop(): Promise<void> }> {
  const untold = alone ? new Set<string>() : undefined;
  const settling = { ...books, store, metrics, log, untold };
  const corrections = new Corrections(settling);
  await (alone ? corrections.forgetPending() : corrections.settlePending());
  const { batch_size: batchSize, outbox_batches_max: outboxMax } = config;
  const consumer = new AttemptsConsumer({ ...settling, catalogue, rates, now, batchSize, outboxMax });
  await consumer.start(bus);
  const outcomes = new OutcomesConsumer(books.keeper);
  await outcomes.start(bus);
  const money = { ...books, store, rates, now };
  const agreement = new Agreement(money);
  const balanceCheck = new BalanceCheck(books.database, books.turns);
  const selfCheck = new SelfCheck({ agreement, balanceCheck, consumer, metrics, log });
  const housekeeping = new Housekeeping({
    ...money,
    expiry: new Expiry({ ...settling, bus, consumer, graceMs: config.expiry_grace_ms, now }),
    settings: new SettingsWatch(money),
    corrections,
    selfCheck,
    consumer,
    metrics,
    config,
    log,
  });
  housekeeping.start();
  const stop = async (): Promise<void> => {
    await consumer.stop();
    await outcomes.stop();
    await housekeeping.stop();
  };
  return { corrections, selfCheck, stop };
}

function priceFolders({ prices_directory: own }: LedgerConfig): readonly string[] {
  return own === "" ? [SHIPPED_PRICES] : [SHIPPED_PRICES, own];
}

/** The rate limits, and the minutes they are checked against: shared where there is Redis. */
async function openRates(context: ServiceContext<LedgerConfig>, database: LedgerDatabase): Promise<RateKeeper> {
  const redis = await context.redis();
  const minutes = redis === undefined ? new EmbeddedRates() : new RedisRates(redis);
  const rates = new RateKeeper(minutes, new SqlRateLimits(database));
  await rates.refresh();
  return rates;
}

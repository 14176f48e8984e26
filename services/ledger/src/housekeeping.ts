import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@sluice/platform/log";
import type { SettingsWatch } from "./budgets/watch.ts";
import type { LedgerConfig } from "./config.ts";
import type { AttemptsConsumer } from "./consumers/attempts.ts";
import type { Corrections } from "./corrections/corrections.ts";
import type { Expiry } from "./holds/expiry.ts";
import { forgetSessions } from "./holds/sessions.ts";
import type { HoldStore } from "./holds/types.ts";
import type { LedgerMetrics } from "./ledger-metrics.ts";
import type { SelfCheck } from "./self-check.ts";
import type { Months } from "./store/months.ts";
import type { Outbox } from "./store/outbox.ts";
import type { LedgerReader } from "./store/reader.ts";

export interface HousekeepingOptions {
  readonly expiry: Expiry;
  readonly selfCheck: SelfCheck;
  readonly settings: SettingsWatch;
  readonly months: Months;
  readonly corrections: Corrections;
  readonly store: HoldStore;
  readonly reader: LedgerReader;
  readonly outbox: Outbox;
  readonly consumer: AttemptsConsumer;
  readonly metrics: LedgerMetrics;
  readonly config: LedgerConfig;
  readonly log: Logger;
  readonly now: () => number;
}

const HOUR_MS = 3_600_000;

/** What happens by itself: expiry, others' changes, forgetting, gauges, the self-check. One round after the other, never two at once. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #checkedAt = 0;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#round();
      } catch (err) {
        this.#options.log.warn({ err }, "ledger housekeeping failed, it will be tried again");
      }
      await pause(this.#options.config.expiry_interval_ms, undefined, { signal }).catch(() => undefined);
    }
  }

  async #round(): Promise<void> {
    const { expiry, settings, months, corrections, store, reader, outbox, consumer, metrics, config, now } =
      this.#options;
    await expiry.sweep();
    await settings.look();
    metrics.openHolds.set(await store.openHolds());
    metrics.outbox.set(outbox.waiting);
    metrics.lag.set((await consumer.lag()) ?? -1);
    if (now() - this.#checkedAt < config.check_interval_ms) return;
    this.#checkedAt = now();
    const before = now() - config.remember_ended_hours * HOUR_MS;
    await store.upkeep.forget(before);
    await store.upkeep.forgetCounters(before);
    await forgetSessions({ store, reader }, before);
    await months.ensureAhead(now());
    metrics.strays.set(await months.strays());
    await corrections.settlePending();
    await outbox.adopt();
    await this.#options.selfCheck.run();
  }
}

import type { Logger } from "@sluice/platform/log";
import { differingOf } from "./budgets/balance.ts";
import type { AttemptsConsumer } from "./consumers/attempts.ts";
import type { HoldStore } from "./holds/types.ts";
import type { LedgerMetrics } from "./ledger-metrics.ts";
import type { BalanceCheck } from "./store/balance-check.ts";
import type { LedgerReader } from "./store/reader.ts";

export interface SelfCheckOptions {
  readonly store: HoldStore;
  readonly reader: LedgerReader;
  readonly balanceCheck: BalanceCheck;
  readonly consumer: AttemptsConsumer;
  readonly metrics: LedgerMetrics;
  readonly log: Logger;
}

export interface SelfCheckResult {
  readonly balanced: boolean;
  readonly differing: number;
  /** Undefined while the bus is away. */
  readonly lag: number | undefined;
}

/** Compares entries with balances, and balances with the counters that are enforced; tells the metrics. */
export class SelfCheck {
  readonly #options: SelfCheckOptions;

  constructor(options: SelfCheckOptions) {
    this.#options = options;
  }

  async run(): Promise<SelfCheckResult> {
    const { store, reader, balanceCheck, consumer, metrics, log } = this.#options;
    const lag = await consumer.lag();
    const balanced = await balanceCheck.run();
    const differing = differingOf(await store.balances(), await reader.charged());
    metrics.differing.set(differing);
    metrics.unbalanced.set(balanced ? 0 : 1);
    if (!balanced) log.error("balances are not the sum of entries");
    return { balanced, differing, lag };
  }
}

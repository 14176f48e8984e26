import type { Logger } from "@sluice/platform/log";
import type { Agreement } from "./budgets/agreement.ts";
import type { AttemptsConsumer } from "./consumers/attempts.ts";
import type { LedgerMetrics } from "./ledger-metrics.ts";
import type { BalanceCheck } from "./store/balance-check.ts";

export interface SelfCheckOptions {
  readonly agreement: Agreement;
  readonly balanceCheck: BalanceCheck;
  readonly consumer: AttemptsConsumer;
  readonly metrics: LedgerMetrics;
  readonly log: Logger;
}

export interface SelfCheckResult {
  readonly balanced: boolean;
  /** Counters that differ from the books. */
  readonly differing: number;
  /** Names of what does not agree, those in the books first. */
  readonly names: readonly string[];
  /** Undefined while the bus is away. */
  readonly lag: number | undefined;
}

const NAMES_MAX = 20;

/** Compares entries with balances and quarter hours, and those with the counters that are enforced; tells the metrics. */
export class SelfCheck {
  readonly #options: SelfCheckOptions;

  constructor(options: SelfCheckOptions) {
    this.#options = options;
  }

  async run(): Promise<SelfCheckResult> {
    const { agreement, balanceCheck, consumer, metrics, log } = this.#options;
    const lag = await consumer.lag();
    const books = await balanceCheck.run();
    const { differing, repaired } = await agreement.look();
    const balanced = books.zero && books.differing.length === 0;
    metrics.differing.set(differing.length);
    metrics.unbalanced.set(balanced ? 0 : 1);
    metrics.unchecked.set(Number(books.behind));
    metrics.repaired.add(repaired);
    if (!balanced) {
      const accounts = books.differing.slice(0, NAMES_MAX).join(", ");
      log.error({ accounts }, books.zero ? "balances are not the sum of entries" : "entries do not sum to zero");
    }
    if (repaired > 0) log.warn({ counters: repaired }, "enforced counters or limits were set to the books");
    const names = [...books.differing, ...differing].slice(0, NAMES_MAX);
    return { balanced, differing: differing.length, names, lag };
  }
}

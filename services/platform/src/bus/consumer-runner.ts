import type { BusLog } from "./bus-log.ts";
import { pause } from "./pause.ts";
import type { Consumer, ConsumerOptions, DeliveredEvent, HandlerOutcome } from "./types.ts";

/** What becomes of one delivered fact. */
export type Settlement =
  | { readonly kind: "done" }
  | { readonly kind: "retry"; readonly afterMs: number }
  | { readonly kind: "dead"; readonly reason: string };

/** Facts handed over together; `settle` takes one settlement per fact, in order, and may be repeated if it throws. */
export interface Batch {
  readonly events: readonly DeliveredEvent[];
  settle(settlements: readonly Settlement[]): Promise<void>;
}

/** Where a durable consumer's batches come from: the embedded log or JetStream. */
export interface BatchSource {
  /** The next batch; undefined once `stop` was called. */
  next(): Promise<Batch | undefined>;
  lag(): Promise<number | undefined>;
  head(): Promise<bigint | undefined>;
  handled(position: bigint): Promise<boolean | undefined>;
  stop(): void;
}

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 30_000;
const RETRY_AFTER_MAX_MS = 3_600_000;

/**
 * Runs a handler over a durable consumer's batches, one at a time, and is the only place that acknowledges facts:
 * after the handler has answered, never before.
 */
export class ConsumerRunner implements Consumer {
  readonly #options: ConsumerOptions;
  readonly #source: BatchSource;
  readonly #log: BusLog;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  /** Throws of the handler in a row. */
  #failures = 0;

  constructor(options: ConsumerOptions, source: BatchSource, log: BusLog) {
    this.#options = options;
    this.#source = source;
    this.#log = log;
    this.#running = this.#run();
  }

  lag(): Promise<number | undefined> {
    return this.#source.lag();
  }

  head(): Promise<bigint | undefined> {
    return this.#source.head();
  }

  handled(position: bigint): Promise<boolean | undefined> {
    return this.#source.handled(position);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#source.stop();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        const batch = await this.#source.next();
        if (batch === undefined) return;
        await this.#settle(batch, await this.#handle(batch.events));
        const restMs = this.#restMs(batch);
        if (restMs > 0) await pause(restMs, this.#stopping.signal);
      } catch (error) {
        this.#log.error({ err: error, durable: this.#options.durable }, "consumer could not fetch");
        await pause(BACKOFF_FIRST_MS, this.#stopping.signal);
      }
    }
  }

  #restMs({ events }: Batch): number {
    if (this.#failures > 0) return backoffMs(this.#failures);
    return events.length < this.#options.batchSize ? (this.#options.restMs ?? 0) : 0;
  }

  async #handle(events: readonly DeliveredEvent[]): Promise<readonly Settlement[]> {
    let outcomes: readonly HandlerOutcome[];
    try {
      outcomes = await this.#options.handle(events);
      if (outcomes.length !== events.length) {
        throw new Error(`the handler answered ${outcomes.length} outcomes for ${events.length} facts`);
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#log.warn({ err: error, durable: this.#options.durable, facts: events.length }, "handler failed");
      const reason = error instanceof Error ? error.message : String(error);
      outcomes = events.map((event) => ({ kind: "retry", afterMs: backoffMs(event.deliveries), reason }));
    }
    return events.map((event, index) => this.#settlement(event, outcomes[index]));
  }

  #settlement(event: DeliveredEvent, outcome: HandlerOutcome | undefined): Settlement {
    if (outcome === undefined || outcome.kind === "done") return { kind: "done" };
    const { durable, maxDeliveries } = this.#options;
    const givenUp = outcome.kind === "drop" || (maxDeliveries !== undefined && event.deliveries >= maxDeliveries);
    if (!givenUp) return { kind: "retry", afterMs: Math.min(Math.max(0, outcome.afterMs), RETRY_AFTER_MAX_MS) };
    const facts = { durable, fact: event.id, type: event.type, reason: outcome.reason, deliveries: event.deliveries };
    this.#log.error(facts, "fact went to the dead letters");
    return { kind: "dead", reason: outcome.reason };
  }

  /** Repeats until it is written down: handling the batch again instead would only repeat the same effects. */
  async #settle(batch: Batch, settlements: readonly Settlement[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await batch.settle(settlements);
      } catch (error) {
        this.#log.warn({ err: error, durable: this.#options.durable, attempt }, "position could not be kept");
        if (this.#stopping.signal.aborted) return;
        await pause(backoffMs(attempt), this.#stopping.signal);
      }
    }
  }
}

/** 100 ms, doubling, up to 30 s. */
export function backoffMs(failures: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(Math.max(0, failures - 1), 16));
}

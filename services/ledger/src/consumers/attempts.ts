import { type Bus, type Consumer, type DeliveredEvent, type HandlerOutcome, payloadOf } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import type { RateKeeper } from "../rates/rate-keeper.ts";
import { type RatedEnd, settleRates } from "../rates/settled-rates.ts";
import { type SettlementOptions, settleFacts } from "../settlement.ts";
import type { Applied } from "../store/batch.ts";
import { type Booking, bookMetered, type MeteredOptions } from "./attempt-metered.ts";
import { applyStarted } from "./attempt-started.ts";

export interface AttemptsOptions extends SettlementOptions, MeteredOptions {
  readonly rates: RateKeeper;
  readonly batchSize: number;
  /** Transactions that may wait in the outbox before no more facts are taken. */
  readonly outboxMax: number;
}

const OUTBOX_RETRY_MS = 1_000;
/** A transaction costs as much as several facts; a hold waits this much longer for its end at most. */
const REST_MS = 50;

/** Consumes what adapters say about attempts; one consumer for both kinds of fact, so that their order holds. */
export class AttemptsConsumer {
  readonly #options: AttemptsOptions;
  readonly #waitingForPrice = new Set<string>();
  #consumer: Consumer | undefined;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  async start(bus: Bus): Promise<void> {
    this.#consumer = await bus.consume({
      stream: "SLUICE_ATTEMPTS",
      durable: "ledger-attempts",
      types: ["attempt.started", "attempt.metered"],
      batchSize: this.#options.batchSize,
      restMs: REST_MS,
      handle: (batch) => this.handle(batch),
    });
  }

  /** True if the attempt was metered but waits for its price: its hold must not expire. */
  isWaitingForPrice(attemptId: string): boolean {
    return this.#waitingForPrice.has(attemptId);
  }

  /** Facts not applied yet; undefined while the bus is away. */
  async lag(): Promise<number | undefined> {
    return await this.#consumer?.lag();
  }

  /** Facts not even looked at yet: without those that only wait for their price. */
  async unseen(): Promise<number | undefined> {
    const lag = await this.lag();
    return lag === undefined ? undefined : Math.max(0, lag - this.#waitingForPrice.size);
  }

  /** Position of the newest fact; undefined while the bus is away. */
  async head(): Promise<bigint | undefined> {
    return await this.#consumer?.head();
  }

  /** True once every fact up to the position is applied. */
  async handled(position: bigint): Promise<boolean> {
    return (await this.#consumer?.handled(position)) === true;
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop();
  }

  /** Applies a batch; one outcome per fact. Repeating any of it changes nothing. */
  async handle(batch: readonly DeliveredEvent[]): Promise<readonly HandlerOutcome[]> {
    const { outbox, outboxMax, store } = this.#options;
    if (outbox.waiting >= outboxMax) {
      const reason = `${outbox.waiting} transactions wait for the bus.`;
      return batch.map(() => ({ kind: "retry", afterMs: OUTBOX_RETRY_MS, reason }));
    }
    const faults = new Map(batch.flatMap((event) => faultOf(event) ?? []));
    const readable = batch.filter((event) => !faults.has(event));
    await applyStarted(
      store,
      readable.filter((event) => event.type === "attempt.started"),
    );
    const bookings = await bookMetered(
      this.#options,
      readable.filter((event) => event.type === "attempt.metered"),
    );
    const applied = await settleFacts(
      this.#options,
      bookings.flatMap((booking) => (booking.kind === "fact" ? [booking.fact] : [])),
    );
    await settleRates(this.#options, endsOf(bookings, applied));
    const outcomes = bookings.map((booking) => this.#outcomeOf(booking)).values();
    this.#options.metrics.waitingForPrice.set(this.#waitingForPrice.size);
    return batch.map((event): HandlerOutcome => {
      const reason = faults.get(event);
      if (reason !== undefined) return { kind: "drop", reason };
      const next = event.type === "attempt.metered" ? outcomes.next() : undefined;
      return next === undefined || next.done === true ? { kind: "done" } : next.value;
    });
  }

  #outcomeOf(booking: Booking): HandlerOutcome {
    if (booking.kind === "outcome" && booking.outcome.kind === "retry") {
      this.#waitingForPrice.add(booking.attemptId);
      return booking.outcome;
    }
    const attemptId = booking.kind === "fact" ? booking.fact.attemptId : booking.attemptId;
    this.#waitingForPrice.delete(attemptId);
    return booking.kind === "fact" ? { kind: "done" } : booking.outcome;
  }
}

/** Holds that have ended by these facts, each the first time it is told. */
function endsOf(bookings: readonly Booking[], applied: readonly Applied[]): readonly RatedEnd[] {
  const first = new Set(applied.filter(({ decision }) => decision.first).map(({ fact }) => fact.attemptId));
  return bookings.flatMap((booking) => {
    if (booking.kind !== "fact" || booking.hold === undefined || !first.has(booking.fact.attemptId)) return [];
    return [{ hold: booking.hold, total: booking.fact.total }];
  });
}

/** The fact and why it cannot be read; undefined if it can. Without a look at each, one such fact would stop its whole batch for ever. */
function faultOf(event: DeliveredEvent): readonly [readonly [DeliveredEvent, string]] | undefined {
  try {
    payloadOf(event);
    return undefined;
  } catch (error) {
    return [[event, SluiceError.from(error).message]];
  }
}

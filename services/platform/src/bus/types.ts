import type { EventPayload, EventType } from "./subjects.ts";

/** A fact to publish. `id` is the fact's own id: publishing it again has no further effect. */
export interface OutgoingEvent<T extends EventType = EventType> {
  readonly type: T;
  readonly id: string;
  /** Generated tenant (org) id, `[a-z0-9_-]{1,40}`; the last token of the subject. */
  readonly tenant: string;
  /** Given away: consumers in this process get the same object. */
  readonly payload: EventPayload<T>;
  readonly traceparent?: string;
  /**
   * `admission` facts open new work and are refused with `overloaded` while the outbox is over its soft bound;
   * `record` facts (the default) tell what has happened already and are taken up to the hard bound.
   */
  readonly priority?: "admission" | "record";
}

/** A fact to publish whose payload is printed already: by `printEvent`, perhaps on another thread or in an earlier run. */
export interface PrintedEvent {
  readonly type: EventType;
  readonly id: string;
  readonly tenant: string;
  /** The payload's proto3 JSON. */
  readonly json: string;
  readonly traceparent?: string;
  readonly priority?: OutgoingEvent["priority"];
}

/** A fact as a consumer sees it. */
export interface DeliveredEvent {
  readonly stream: string;
  readonly subject: string;
  /** Position in the stream, from 1, growing. */
  readonly sequence: bigint;
  readonly id: string;
  readonly type: EventType;
  readonly tenant: string;
  /** Epoch milliseconds at which the stream stored the fact. */
  readonly storedAt: number;
  /** How often this fact has been delivered to this consumer, from 1. */
  readonly deliveries: number;
  readonly traceparent?: string;
  /** The payload's proto3 JSON, parsed on first access through `payloadOf`. */
  readonly json: string;
  /** Only on facts of the stream of dead letters: who gave up on the fact, where it stands, and why. */
  readonly dead?: DeadLetter;
}

/** Where a dead letter came from. */
export interface DeadLetter {
  readonly durable: string;
  readonly stream: string;
  /** Position in that stream, in decimal. */
  readonly sequence: string;
  readonly reason: string;
}

export type HandlerOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "retry"; readonly afterMs: number; readonly reason: string }
  | { readonly kind: "drop"; readonly reason: string };

export interface ConsumerOptions {
  readonly stream: string;
  /** `<service>-<event>`, e.g. `ledger-attempt-metered`: the durable position's name. */
  readonly durable: string;
  /** Only these event types; others in the stream are skipped. */
  readonly types: readonly EventType[];
  /** Most facts handed over at once. */
  readonly batchSize: number;
  /**
   * Rest after a batch that was not full, in milliseconds (default none): facts that come one by one are then handled
   * together, which costs less for each, and every one that long later at most.
   */
  readonly restMs?: number;
  /** After this many deliveries a fact goes to the dead letters `sluice.dead.<durable>` (default: never). */
  readonly maxDeliveries?: number;
  /** Handles a batch; one outcome per fact, in order. A throw is `retry` for the whole batch. Must be idempotent. */
  handle(batch: readonly DeliveredEvent[]): Promise<readonly HandlerOutcome[]>;
}

export interface Consumer {
  /** Facts of its types not yet handled: waiting, in flight or scheduled for retry. `undefined` while the bus is away. */
  lag(): Promise<number | undefined>;
  /** Position of the stream's newest fact; `undefined` while the bus is away. */
  head(): Promise<bigint | undefined>;
  /**
   * True once every fact of its types up to the position is handled. Under traffic that never stops, `lag` is never zero; what was
   * published before a moment is handled all the same some time after it. `undefined` while the bus is away.
   */
  handled(position: bigint): Promise<boolean | undefined>;
  /** Stops fetching, waits for the running batch, keeps the position. */
  stop(): Promise<void>;
}

export interface ReadOptions {
  readonly stream: string;
  /** First sequence to deliver; default 1 = from the start. `"new"` = only what comes from now on. */
  readonly from?: bigint | "new";
  /**
   * Leaves out what the stream stored before this moment (epoch milliseconds by the stream's clock), found without reading what lies
   * before it. With `from`, the later of the two counts.
   */
  readonly fromTime?: number;
  readonly types?: readonly EventType[];
  readonly tenant?: string;
  /** Ends the iteration after the last fact stored at the call's start instead of waiting for more. */
  readonly untilEnd?: boolean;
  readonly signal?: AbortSignal;
}

export interface BusHealth {
  readonly connected: boolean;
  /** Facts in the local outbox that the stream has not confirmed. */
  readonly outboxFacts: number;
  /** Share of the outbox's bound in use, 0 to 1. */
  readonly outboxFullness: number;
}

/** The durable event bus; embedded log and JetStream behave the same (test/contract/bus). */
export interface Bus {
  /** Resolves when the fact is durable on this machine (survives kill -9). @throws overloaded when the outbox is full. */
  publish(event: OutgoingEvent | PrintedEvent): Promise<void>;
  consume(options: ConsumerOptions): Promise<Consumer>;
  /** Reads a stream without keeping a position. */
  read(options: ReadOptions): AsyncIterable<DeliveredEvent>;
  health(): BusHealth;
  /** Flushes what can be flushed within the time, then closes; what is left stays in the outbox file. */
  close(flushMs?: number): Promise<void>;
}

import { SluiceError } from "../errors/index.ts";
import type { BusLog } from "./bus-log.ts";
import type { Batch, BatchSource, Settlement } from "./consumer-runner.ts";
import { consumerInfo, ensureDurable, streamState } from "./jetstream-api.ts";
import type { JetStreamLink } from "./jetstream-link.ts";
import { type Delivery, deadHeaders, toDelivered } from "./jetstream-message.ts";
import { JetStreamPull } from "./jetstream-pull.ts";
import { pause } from "./pause.ts";
import { deadSubjectOf, type StreamName, subjectOf } from "./subjects.ts";
import type { ConsumerOptions, DeliveredEvent } from "./types.ts";
import type { Wire, WireMessage } from "./wire.ts";

export interface JetStreamSourceOptions {
  readonly link: JetStreamLink;
  readonly stream: StreamName;
  readonly consumer: ConsumerOptions;
  readonly log: BusLog;
}

interface Held {
  readonly event: DeliveredEvent;
  readonly reply: string;
}

/**
 * How soon the facts of a dead process go to the next one. Short, because budgets stay held until then; a live
 * process says that it still works several times within it.
 */
const ACK_WAIT_MS = 4_000;
const STILL_WORKING_EVERY_MS = 1_000;
const MAX_ACK_PENDING = 10_000;
const ENSURE_AGAIN_MS = 500;
const NANOS_PER_MS = 1_000_000;

/** A durable pull consumer of JetStream; acknowledgements leave only through `settle`. */
export class JetStreamSource implements BatchSource {
  readonly #options: JetStreamSourceOptions;
  readonly #types: ReadonlySet<string>;
  readonly #stopping = new AbortController();
  readonly #unuse: () => void;
  readonly #keepAlive: NodeJS.Timeout;
  /** Received and not yet handed over. */
  #buffer: Held[] = [];
  /** Handed over and not yet settled. */
  #handed: readonly Held[] = [];
  #pull: JetStreamPull | undefined;
  #wake: (() => void) | undefined;

  constructor(options: JetStreamSourceOptions) {
    this.#options = options;
    this.#types = new Set(options.consumer.types);
    this.#keepAlive = setInterval(() => this.#stillWorking(), STILL_WORKING_EVERY_MS);
    this.#keepAlive.unref();
    this.#unuse = options.link.use({ up: (wire) => void this.#start(wire), down: () => this.#end() });
  }

  async next(): Promise<Batch | undefined> {
    while (!this.#stopping.signal.aborted) {
      if (this.#buffer.length > 0) {
        const held = this.#buffer.splice(0, this.#options.consumer.batchSize);
        this.#handed = held;
        this.#pull?.pull();
        return { events: held.map(({ event }) => event), settle: (settlements) => this.#settle(held, settlements) };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return undefined;
  }

  async lag(): Promise<number | undefined> {
    const info = await this.#ask((wire, { stream, consumer }) => consumerInfo(wire, stream, consumer.durable));
    return info && info.num_pending + info.num_ack_pending;
  }

  async head(): Promise<bigint | undefined> {
    const state = await this.#ask((wire, { stream }) => streamState(wire, stream));
    return state && BigInt(state.last_seq);
  }

  async handled(position: bigint): Promise<boolean | undefined> {
    const info = await this.#ask((wire, { stream, consumer }) => consumerInfo(wire, stream, consumer.durable));
    return info && (info.num_pending + info.num_ack_pending === 0 || BigInt(info.ack_floor.stream_seq) >= position);
  }

  async #ask<T>(question: (wire: Wire, options: JetStreamSourceOptions) => Promise<T>): Promise<T | undefined> {
    const { wire } = this.#options.link;
    if (!wire) return undefined;
    try {
      return await question(wire, this.#options);
    } catch {
      // Away or starting: not knowing is an answer here, and the caller treats it as being behind.
      return undefined;
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#unuse();
    this.#pull?.close();
    this.#release();
    this.#wake?.();
  }

  async #start(wire: Wire): Promise<void> {
    const { stream, consumer, log, link } = this.#options;
    const [only, second] = consumer.types;
    const filter = only !== undefined && second === undefined ? { filter: subjectOf(only, "*") } : {};
    const durable = { durable: consumer.durable, ackWaitMs: ACK_WAIT_MS, maxAckPending: MAX_ACK_PENDING, ...filter };
    while (link.wire === wire && !this.#stopping.signal.aborted) {
      try {
        await ensureDurable(wire, stream, durable);
        break;
      } catch (error) {
        log.warn({ err: error, durable: consumer.durable }, "durable consumer could not be created");
        await pause(ENSURE_AGAIN_MS, this.#stopping.signal);
      }
    }
    if (link.wire !== wire || this.#stopping.signal.aborted) return;
    this.#pull?.close();
    this.#pull = new JetStreamPull(wire, {
      stream,
      consumer: consumer.durable,
      batch: Math.max(16, consumer.batchSize * 2),
      hungry: () => this.#buffer.length < consumer.batchSize,
      onMessage: (message, delivery) => this.#receive(message, delivery),
      onMissing: () => void pause(ENSURE_AGAIN_MS, this.#stopping.signal).then(() => this.#start(wire)),
    });
  }

  /** What is in hand stays: it can be acknowledged over the next connection. */
  #end(): void {
    this.#pull?.close();
    this.#pull = undefined;
  }

  #receive(message: WireMessage, delivery: Delivery): void {
    const { reply } = message;
    if (reply === undefined) return;
    const event = toDelivered(this.#options.stream, message, delivery);
    if (this.#types.has(event.type)) {
      this.#buffer.push({ event, reply });
      this.#wake?.();
    } else {
      this.#answer(reply, "+ACK");
    }
  }

  async #settle(held: readonly Held[], settlements: readonly Settlement[]): Promise<void> {
    for (const [index, { event, reply }] of held.entries()) {
      const settlement = settlements[index] ?? { kind: "retry", afterMs: 0 };
      if (settlement.kind === "dead") await this.#bury(event, settlement.reason);
      if (settlement.kind === "done") this.#answer(reply, "+ACK");
      else if (settlement.kind === "dead") this.#answer(reply, "+TERM");
      else this.#answer(reply, `-NAK {"delay": ${Math.ceil(settlement.afterMs) * NANOS_PER_MS}}`);
    }
    this.#handed = [];
  }

  async #bury(event: DeliveredEvent, reason: string): Promise<void> {
    const { durable } = this.#options.consumer;
    const { wire } = this.#options.link;
    if (!wire) throw new SluiceError("unavailable", "The event bus is away: the dead letter waits.");
    const answer = await wire.request(deadSubjectOf(durable), event.json, deadHeaders(event, durable, reason));
    const result = answer.status === 0 ? (JSON.parse(answer.text()) as { error?: { description: string } }) : undefined;
    if (result === undefined || result.error) {
      const why = result?.error?.description ?? `status ${answer.status}`;
      throw new SluiceError("unavailable", `The dead letter was not stored: ${why}`);
    }
  }

  /** An answer lost with the connection only makes the server deliver the fact again. */
  #answer(reply: string, verb: string): void {
    this.#options.link.wire?.publish(reply, verb);
  }

  /** Tells the server that a slow handler still works, so that nobody else gets its facts. */
  #stillWorking(): void {
    // The last batch of a stopped consumer is still its own.
    if (this.#stopping.signal.aborted && this.#handed.length === 0) clearInterval(this.#keepAlive);
    for (const { reply } of [...this.#buffer, ...this.#handed]) this.#answer(reply, "+WPI");
  }

  /** Gives back what was never handed over, so that the next process need not wait for the acknowledgement time. */
  #release(): void {
    for (const { reply } of this.#buffer) this.#answer(reply, "-NAK");
    this.#buffer = [];
  }
}

import type { Msg, MsgHdrs, NatsConnection } from "nats";
import { SluiceError } from "../errors/index.ts";
import type { Durability } from "../sql/index.ts";
import { type BusLog, SILENT_LOG } from "./bus-log.ts";
import { ConsumerRunner } from "./consumer-runner.ts";
import { checkConsumerNames, checkStream, toFact } from "./fact.ts";
import { ensureStream, retentionOf } from "./jetstream-api.ts";
import { JetStreamLink } from "./jetstream-link.ts";
import { readStream } from "./jetstream-read.ts";
import { JetStreamSource } from "./jetstream-source.ts";
import { Outbox } from "./outbox.ts";
import { pause } from "./pause.ts";
import { isStreamName, type Retention, STREAMS, type StreamName } from "./subjects.ts";
import type {
  Bus,
  BusHealth,
  Consumer,
  ConsumerOptions,
  DeliveredEvent,
  OutgoingEvent,
  PrintedEvent,
  ReadOptions,
} from "./types.ts";
import type { Wire, WireHeaders, WireMessage } from "./wire.ts";

export interface JetStreamBusOptions {
  readonly kind: "jetstream";
  /** `host:port`, any of the cluster. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly password?: string;
  /** Shown in the server's list of connections. */
  readonly name?: string;
  /** Copies of each stream in a cluster; default 1. */
  readonly replicas?: number;
  /** This process's own outbox; one process at a time. */
  readonly outboxFile: string;
  /** Default 1,000,000. */
  readonly outboxMaxFacts?: number;
  /** Default 1 GiB. */
  readonly outboxMaxBytes?: number;
  readonly durability?: Durability;
  /** Other limits than the table's, per stream. */
  readonly retention?: Partial<Record<StreamName, Retention>>;
  readonly log?: BusLog;
}

const OUTBOX_MAX_FACTS = 1_000_000;
const OUTBOX_MAX_BYTES = 1024 ** 3;
const FLUSH_MS = 2_000;
const REQUEST_TIMEOUT_MS = 5_000;
const DIAL_TIMEOUT_MS = 5_000;
const CLOSE_FLUSH_MS = 1_000;
const PING_EVERY_MS = 10_000;

/**
 * Opens the JetStream bus. It does not wait for the server: facts go to the outbox, consumers start when it is there.
 * @throws unavailable when another process has the outbox file.
 */
export function openJetStreamBus(options: JetStreamBusOptions): Bus {
  return new JetStreamBus(options);
}

class JetStreamBus implements Bus {
  readonly #log: BusLog;
  readonly #outbox: Outbox;
  readonly #link: JetStreamLink;
  readonly #consumers = new Map<string, ConsumerRunner>();
  readonly #closing = new AbortController();

  constructor(options: JetStreamBusOptions) {
    this.#log = options.log ?? SILENT_LOG;
    this.#outbox = new Outbox({
      file: options.outboxFile,
      maxFacts: options.outboxMaxFacts ?? OUTBOX_MAX_FACTS,
      maxBytes: options.outboxMaxBytes ?? OUTBOX_MAX_BYTES,
      log: this.#log,
      ...(options.durability === undefined ? {} : { durability: options.durability }),
    });
    this.#link = new JetStreamLink({
      dial: () => dial(options),
      prepare: (wire) => prepareStreams(wire, options),
      log: this.#log,
    });
    this.#link.use(this.#outbox);
  }

  async publish(event: OutgoingEvent | PrintedEvent): Promise<void> {
    this.#refuseIfClosed();
    await this.#outbox.add(toFact(event), event.priority ?? "record");
  }

  async consume(consumer: ConsumerOptions): Promise<Consumer> {
    this.#refuseIfClosed();
    const stream = checkConsumerNames(consumer.stream, consumer.durable);
    if (this.#consumers.has(consumer.durable)) {
      throw new SluiceError("conflict", `Durable ${consumer.durable} is consumed already.`);
    }
    const source = new JetStreamSource({ link: this.#link, stream, consumer, log: this.#log });
    const runner = new ConsumerRunner(consumer, source, this.#log);
    this.#consumers.set(consumer.durable, runner);
    return {
      lag: () => runner.lag(),
      head: () => runner.head(),
      handled: (position) => runner.handled(position),
      stop: async () => {
        await runner.stop();
        this.#consumers.delete(consumer.durable);
      },
    };
  }

  read(options: ReadOptions): AsyncIterable<DeliveredEvent> {
    const stream = checkStream(options.stream);
    return readStream({ link: this.#link, stream, read: options, log: this.#log, closing: this.#closing.signal });
  }

  health(): BusHealth {
    return {
      connected: this.#link.wire !== undefined,
      outboxFacts: this.#outbox.facts,
      outboxFullness: this.#outbox.fullness,
    };
  }

  async close(flushMs: number = FLUSH_MS): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.stop()));
    if (this.#link.wire) await this.#outbox.drain(flushMs);
    await this.#link.close();
    this.#outbox.close();
  }

  #refuseIfClosed(): void {
    if (this.#closing.signal.aborted) throw new SluiceError("unavailable", "The bus is closed.");
  }
}

async function prepareStreams(wire: Wire, options: JetStreamBusOptions): Promise<void> {
  for (const stream of Object.keys(STREAMS).filter(isStreamName)) {
    const retention = retentionOf(stream, options.retention);
    await ensureStream(wire, stream, { replicas: options.replicas ?? 1, retention });
  }
}

/** Connects once; the library is loaded only now, because the embedded shape never needs it. */
async function dial(options: JetStreamBusOptions): Promise<Wire> {
  const nats = await import("nats");
  const connection = await nats.connect({
    servers: [...options.servers],
    timeout: DIAL_TIMEOUT_MS,
    // The link dials again itself: a repaired connection would resend what was buffered meanwhile, out of order.
    reconnect: false,
    pingInterval: PING_EVERY_MS,
    maxPingOut: 2,
    noEcho: false,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.password === undefined ? {} : { pass: options.password }),
  });
  return new NatsWire(connection, nats.headers, nats.createInbox);
}

class NatsWire implements Wire {
  readonly gone: Promise<unknown>;
  readonly #connection: NatsConnection;
  readonly #newHeaders: () => MsgHdrs;
  readonly #newInbox: () => string;

  constructor(connection: NatsConnection, newHeaders: () => MsgHdrs, newInbox: () => string) {
    this.#connection = connection;
    this.#newHeaders = newHeaders;
    this.#newInbox = newInbox;
    this.gone = connection.closed();
  }

  publish(subject: string, data: string, options?: { readonly reply?: string; readonly headers?: WireHeaders }): void {
    // Between the break and the news of it a publish would throw; what is lost here is sent again anyway.
    if (this.#connection.isClosed()) return;
    this.#connection.publish(subject, data, {
      ...(options?.reply === undefined ? {} : { reply: options.reply }),
      ...(options?.headers === undefined ? {} : { headers: this.#headers(options.headers) }),
    });
  }

  subscribe(subject: string, onMessage: (message: WireMessage) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (!error) onMessage(toWireMessage(message));
      },
    });
    return () => subscription.unsubscribe();
  }

  async request(subject: string, data: string, headers?: WireHeaders): Promise<WireMessage> {
    const message = await this.#connection.request(subject, data, {
      timeout: REQUEST_TIMEOUT_MS,
      ...(headers === undefined ? {} : { headers: this.#headers(headers) }),
    });
    return toWireMessage(message);
  }

  inbox(): string {
    return this.#newInbox();
  }

  async close(): Promise<void> {
    if (this.#connection.isClosed()) return;
    const flushed = new AbortController();
    try {
      // Sends what is buffered, acknowledgements among it; a server that hangs is not waited for.
      await Promise.race([this.#connection.flush(), pause(CLOSE_FLUSH_MS, flushed.signal)]);
    } finally {
      flushed.abort();
      await this.#connection.close();
    }
  }

  #headers(list: WireHeaders): MsgHdrs {
    const headers = this.#newHeaders();
    for (const [name, value] of list) headers.set(name, value);
    return headers;
  }
}

function toWireMessage(message: Msg): WireMessage {
  const { headers } = message;
  return {
    subject: message.subject,
    reply: message.reply,
    status: headers?.code ?? 0,
    description: headers?.description ?? "",
    header: (name) => headers?.get(name) || undefined,
    text: () => message.string(),
  };
}

import type { BusLog } from "./bus-log.ts";
import { createReader, deleteConsumer, type ReaderStart, streamState } from "./jetstream-api.ts";
import type { JetStreamLink } from "./jetstream-link.ts";
import { type Delivery, toDelivered } from "./jetstream-message.ts";
import { JetStreamPull } from "./jetstream-pull.ts";
import { pause } from "./pause.ts";
import { EVENTS, type StreamName, subjectOf } from "./subjects.ts";
import type { DeliveredEvent, ReadOptions } from "./types.ts";
import type { Wire, WireMessage } from "./wire.ts";

interface Received {
  readonly event: DeliveredEvent;
  readonly delivery: Delivery;
}

const FACTS_PER_PULL = 256;
const TRY_AGAIN_MS = 200;

export interface StreamReadOptions {
  readonly link: JetStreamLink;
  readonly stream: StreamName;
  readonly read: ReadOptions;
  readonly log: BusLog;
  /** Aborted when the bus closes. */
  readonly closing: AbortSignal;
}

/** Reads a stream in order without keeping a position; a broken connection is continued at the next sequence. */
export async function* readStream(options: StreamReadOptions): AsyncIterable<DeliveredEvent> {
  const { read, link, closing, stream } = options;
  const ended = read.signal ? AbortSignal.any([read.signal, closing]) : closing;
  const types = read.types === undefined ? undefined : new Set<string>(read.types);
  let start = startOf(read);
  let end: number | undefined;
  while (!ended.aborted) {
    try {
      const wire = await connected(link, ended);
      if (!wire) return;
      if (start === undefined || (read.untilEnd && end === undefined)) {
        const state = await streamState(wire, stream);
        start ??= { sequence: state.last_seq + 1 };
        end ??= state.last_seq;
      }
      if (read.untilEnd && "sequence" in start && start.sequence > (end ?? 0)) return;
      for await (const { event, delivery } of session(wire, options, { start, ended })) {
        if (read.untilEnd && delivery.sequence > (end ?? 0)) return;
        start = { sequence: delivery.sequence + 1 };
        if ((types?.has(event.type) ?? true) && isWanted(event, read)) yield event;
        if (ended.aborted || (read.untilEnd && (delivery.pending === 0 || delivery.sequence === end))) return;
      }
      if (read.untilEnd && link.wire === wire) return;
    } catch (error) {
      options.log.warn({ err: error, stream }, "reading the stream was interrupted");
      await pause(TRY_AGAIN_MS, ended);
    }
  }
}

/** Undefined means behind the stream's present end. */
function startOf({ from, fromTime }: ReadOptions): ReaderStart | undefined {
  if (from === "new") return undefined;
  return from === undefined && fromTime !== undefined ? { time: fromTime } : { sequence: Number(from ?? 1n) };
}

function isWanted(event: DeliveredEvent, { tenant, fromTime }: ReadOptions): boolean {
  return (tenant === undefined || event.tenant === tenant) && event.storedAt >= (fromTime ?? 0);
}

async function connected(link: JetStreamLink, ended: AbortSignal): Promise<Wire | undefined> {
  while (!ended.aborted) {
    if (link.wire) return link.wire;
    await pause(TRY_AGAIN_MS / 4, ended);
  }
  return undefined;
}

/** One ephemeral consumer on one connection; ends when either is gone, or at once if it holds nothing to wait for. */
async function* session(
  wire: Wire,
  options: StreamReadOptions,
  position: { readonly start: ReaderStart; readonly ended: AbortSignal },
): AsyncIterable<Received> {
  const { stream, read } = options;
  const [only, second] = read.types ?? [];
  // The server refuses a filter that no subject of the stream can match.
  const single = only !== undefined && second === undefined && EVENTS[only].stream === stream;
  const filter = single ? { filter: subjectOf(only, read.tenant ?? "*") } : {};
  const reader = await createReader(wire, stream, { start: position.start, ...filter });
  if (read.untilEnd && reader.num_pending === 0) return;
  const queue = new ReceivedQueue();
  const pull = new JetStreamPull(wire, {
    stream,
    consumer: reader.name,
    batch: FACTS_PER_PULL,
    hungry: () => queue.length < FACTS_PER_PULL,
    onMessage: (message, delivery) => queue.push(message, stream, delivery),
    onMissing: () => queue.end(),
  });
  const unuse = options.link.use({ up: () => undefined, down: () => queue.end() });
  const stop = (): void => queue.end();
  position.ended.addEventListener("abort", stop, { once: true });
  if (options.link.wire !== wire || position.ended.aborted) queue.end();
  try {
    for (let expected = 1; ; expected++) {
      const received = await queue.next();
      // A gap means that messages were lost on the way: the caller continues behind the last one.
      if (received === undefined || received.delivery.consumerSequence !== expected) return;
      yield received;
      pull.pull();
    }
  } finally {
    position.ended.removeEventListener("abort", stop);
    unuse();
    pull.close();
    if (options.link.wire === wire) await forget(wire, stream, reader.name);
  }
}

async function forget(wire: Wire, stream: StreamName, name: string): Promise<void> {
  try {
    await deleteConsumer(wire, stream, name);
  } catch {
    // The server removes it by itself a minute after its last request.
  }
}

class ReceivedQueue {
  #items: Received[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  get length(): number {
    return this.#items.length;
  }

  push(message: WireMessage, stream: StreamName, delivery: Delivery): void {
    this.#items.push({ event: toDelivered(stream, message, delivery), delivery });
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<Received | undefined> {
    while (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#items.shift();
  }
}

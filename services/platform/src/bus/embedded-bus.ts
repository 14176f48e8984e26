import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { SluiceError } from "../errors/index.ts";
import { DiskReserve } from "../journal/index.ts";
import { type Durability, openSqlite } from "../sql/index.ts";
import { type BusLog, SILENT_LOG } from "./bus-log.ts";
import { ConsumerRunner } from "./consumer-runner.ts";
import { createPositions, EmbeddedSource } from "./embedded-source.ts";
import { checkConsumerNames, checkStream, toFact } from "./fact.ts";
import { GroupCommit } from "./group-commit.ts";
import { importTable } from "./import-table.ts";
import { StreamLog } from "./stream-log.ts";
import { DEAD_STREAM, isStreamName, type Retention, STREAMS, type StreamName } from "./subjects.ts";
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

export interface EmbeddedBusOptions {
  readonly kind: "embedded";
  /** SQLite file of the consumers' positions, and lock of the whole; the streams are in the folder `<file>-streams` beside it. */
  readonly file: string;
  readonly durability?: Durability;
  /** Bound of the streams' files; at 80 % admission facts are refused, at 100 % every fact. Default 16 GiB. */
  readonly maxBytes?: number;
  /** Bytes of the disk that are kept for facts about work under way: when they are needed, no new work is taken. Default 4 MiB. */
  readonly reserveBytes?: number;
  /** Other limits than the table's, per stream. */
  readonly retention?: Partial<Record<StreamName, Retention>>;
  readonly log?: BusLog;
}

export const SOFT_BOUND = 0.8;
const DEFAULT_MAX_BYTES = 16 * 1024 ** 3;
const CUT_EVERY_MS = 5_000;
const FACTS_PER_READ = 200;
/** What some thousand attempts under way still have to tell. */
const RESERVE_BYTES = 4 * 1024 * 1024;

/**
 * Opens the embedded bus: every stream is a folder of files in this process's hands, so publishing and storing are one step.
 * @throws unavailable when another process has the file.
 */
export function openEmbeddedBus(options: EmbeddedBusOptions): Bus {
  return new EmbeddedBus(options);
}

class EmbeddedBus implements Bus {
  readonly #options: EmbeddedBusOptions;
  readonly #log: BusLog;
  readonly #database: DatabaseSync;
  readonly #logs: Readonly<Record<StreamName, StreamLog>>;
  readonly #logList: readonly StreamLog[];
  readonly #commits: GroupCommit;
  readonly #consumers = new Map<string, ConsumerRunner>();
  readonly #maxBytes: number;
  readonly #cutTimer: NodeJS.Timeout;
  /** Room for what has to be told about work under way when the disk is full. */
  readonly #reserve: DiskReserve;
  #closed = false;

  constructor(options: EmbeddedBusOptions) {
    this.#options = options;
    this.#log = options.log ?? SILENT_LOG;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const { file, durability } = options;
    const kept = durability === undefined ? {} : { durability };
    const database = openSqlite(file, { exclusive: true, busyTimeoutMs: 1_000, ...kept });
    this.#database = database;
    try {
      createPositions(database);
      const directory = `${file}-streams`;
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.#reserve = new DiskReserve(join(directory, "reserve"), options.reserveBytes ?? RESERVE_BYTES);
      const shared = { directory, ...kept, makeRoom: () => this.#reserve.release() };
      const logs = Object.keys(STREAMS)
        .filter(isStreamName)
        .map((stream): [StreamName, StreamLog] => [stream, new StreamLog({ stream, ...shared })]);
      for (const [, log] of logs) importTable(database, log);
      this.#logList = logs.map(([, log]) => log);
      this.#logs = Object.fromEntries(logs) as Record<StreamName, StreamLog>;
      this.#commits = new GroupCommit({ database, file, onRollback: () => undefined, onCommit: () => undefined });
    } catch (error) {
      database.close();
      throw error;
    }
    this.#cutTimer = setInterval(() => this.#cutAll(), CUT_EVERY_MS);
    this.#cutTimer.unref();
  }

  publish(event: OutgoingEvent | PrintedEvent): Promise<void> {
    try {
      return this.#publish(event);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #publish(event: OutgoingEvent | PrintedEvent): Promise<void> {
    this.#refuseIfClosed();
    const bound = event.priority === "admission" ? this.#maxBytes * SOFT_BOUND : this.#maxBytes;
    const used = this.#usedBytes;
    if (used >= bound) {
      const what = event.priority === "admission" ? `new work is refused from ${SOFT_BOUND * 100} % on` : "it is full";
      const text = `${this.#options.file} uses ${used} of ${this.#maxBytes} bytes: ${what}. Raise bus.embedded_max_bytes.`;
      throw new SluiceError("overloaded", text);
    }
    if (event.priority === "admission") this.#reserve.keep(performance.now());
    const fact = toFact(event);
    return this.#logs[fact.stream].append(fact, Date.now(), "payload" in event ? event.payload : undefined);
  }

  async consume(consumer: ConsumerOptions): Promise<Consumer> {
    this.#refuseIfClosed();
    const stream = checkConsumerNames(consumer.stream, consumer.durable);
    if (this.#consumers.has(consumer.durable)) {
      throw new SluiceError("conflict", `Durable ${consumer.durable} is consumed already.`);
    }
    const source = new EmbeddedSource({
      database: this.#database,
      commits: this.#commits,
      log: this.#logs[stream],
      dead: this.#logs[DEAD_STREAM],
      consumer,
    });
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

  async *read(options: ReadOptions): AsyncIterable<DeliveredEvent> {
    const log = this.#logs[checkStream(options.stream)];
    const end = options.untilEnd ? log.head : Number.POSITIVE_INFINITY;
    let position = options.from === "new" ? log.head : Number(options.from ?? 1n) - 1;
    if (options.fromTime !== undefined) position = Math.max(position, log.before(options.fromTime));
    while (!this.#closed && !options.signal?.aborted && position < end) {
      const { events, through } = log.read(position, FACTS_PER_READ, options.types);
      for (const event of events) {
        if (event.sequence > end || options.signal?.aborted) return;
        if (options.tenant === undefined || event.tenant === options.tenant) yield event;
      }
      if (through <= position) await nextAppend(log, options.signal);
      // A long read shares the event loop with requests: the file is asked again in the loop's next turn.
      else if (through < log.head) await setImmediate();
      position = through;
    }
  }

  health(): BusHealth {
    return { connected: !this.#closed, outboxFacts: 0, outboxFullness: Math.min(1, this.#usedBytes / this.#maxBytes) };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#cutTimer);
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.stop()));
    this.#eachLog((log) => log.wake());
    this.#commits.flush();
    this.#eachLog((log) => log.close());
    this.#reserve.close();
    this.#database.close();
  }

  get #usedBytes(): number {
    let sum = 0;
    for (const log of this.#logList) sum += log.bytes;
    return sum;
  }

  #cutAll(): void {
    this.#eachLog((log) => {
      const retention = this.#options.retention?.[log.stream] ?? STREAMS[log.stream];
      if (Object.keys(retention).length > 0) this.#cut(log, retention);
    });
  }

  #cut(log: StreamLog, retention: Retention): void {
    try {
      log.cut(retention, Date.now());
    } catch (error) {
      this.#log.warn({ err: error, stream: log.stream }, "old facts could not be deleted");
    }
  }

  #eachLog(action: (log: StreamLog) => void): void {
    for (const log of this.#logList) action(log);
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new SluiceError("unavailable", "The bus is closed.");
  }
}

function nextAppend(log: StreamLog, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      unlisten();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const unlisten = log.onAppend(done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

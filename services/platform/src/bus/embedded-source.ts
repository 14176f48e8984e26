import type { DatabaseSync, StatementSync } from "node:sqlite";
import { after } from "../timers/index.ts";
import type { Batch, BatchSource, Settlement } from "./consumer-runner.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { StreamLog } from "./stream-log.ts";
import type { ConsumerOptions, DeliveredEvent } from "./types.ts";

/** Facts scheduled for retry per consumer; beyond it nothing new is handed out until some are settled. */
const RETRIES_MAX = 10_000;
/** A timer beyond this would overflow; the wait is simply repeated. */
const WAIT_MAX_MS = 60_000;

export interface EmbeddedSourceOptions {
  readonly database: DatabaseSync;
  readonly commits: GroupCommit;
  readonly log: StreamLog;
  readonly dead: StreamLog;
  readonly consumer: ConsumerOptions;
}

/** Creates the tables that keep the consumers' positions. */
export function createPositions(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS position (durable TEXT PRIMARY KEY, stream TEXT NOT NULL, through INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS retry (
      durable TEXT NOT NULL, sequence INTEGER NOT NULL, deliveries INTEGER NOT NULL, due_at INTEGER NOT NULL,
      PRIMARY KEY (durable, sequence)
    ) STRICT, WITHOUT ROWID;`);
}

/**
 * A durable consumer of the embedded log. Every fact up to `through` is either handled or has a row in `retry`; both change in one
 * commit, so a crash repeats a batch or nothing. Dead letters are stored before; a repeated one is dropped by its name.
 */
export class EmbeddedSource implements BatchSource {
  readonly #options: EmbeddedSourceOptions;
  readonly #durable: string;
  readonly #keepThrough: StatementSync;
  readonly #keepRetry: StatementSync;
  readonly #endRetry: StatementSync;
  readonly #dueRetries: StatementSync;
  readonly #retryState: StatementSync;
  readonly #retryUpTo: StatementSync;
  #through = 0;
  #retries = 0;
  #nextDueAt = Number.POSITIVE_INFINITY;
  /** Facts of the consumer's types behind `through`, less those appended since the file was opened. */
  #behindBase = 0;
  #cutsSeen = 0;
  #stopped = false;
  #preferNew = false;
  #wake: (() => void) | undefined;
  readonly #unlisten: () => void;

  constructor(options: EmbeddedSourceOptions) {
    const { database, consumer, log } = options;
    this.#options = options;
    this.#durable = consumer.durable;
    database
      .prepare("INSERT INTO position (durable, stream, through) VALUES (?, ?, 0) ON CONFLICT DO NOTHING")
      .run(consumer.durable, log.stream);
    const kept = database.prepare("SELECT stream, through FROM position WHERE durable = ?").get(consumer.durable);
    if (kept?.["stream"] !== log.stream) {
      throw new Error(`durable ${consumer.durable} belongs to ${String(kept?.["stream"])}, not ${log.stream}`);
    }
    this.#through = Number(kept["through"]);
    this.#keepThrough = database.prepare("UPDATE position SET through = ? WHERE durable = ?");
    this.#keepRetry = database.prepare(
      `INSERT INTO retry (durable, sequence, deliveries, due_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET deliveries = excluded.deliveries, due_at = excluded.due_at`,
    );
    this.#endRetry = database.prepare("DELETE FROM retry WHERE durable = ? AND sequence = ?");
    this.#dueRetries = database.prepare(
      "SELECT sequence, deliveries FROM retry WHERE durable = ? AND due_at <= ? ORDER BY sequence LIMIT ?",
    );
    this.#retryState = database.prepare("SELECT count(*) AS n, min(due_at) AS due FROM retry WHERE durable = ?");
    this.#retryUpTo = database.prepare("SELECT 1 FROM retry WHERE durable = ? AND sequence <= ? LIMIT 1");
    this.#loadRetries();
    this.#recount();
    const unlisten = log.onAppend(() => this.#wake?.());
    const unfollow = log.follow(() => this.#through);
    this.#unlisten = () => {
      unlisten();
      unfollow();
    };
  }

  async next(): Promise<Batch | undefined> {
    while (!this.#stopped) {
      const batch = this.#preferNew
        ? (this.#newBatch() ?? this.#retryBatch())
        : (this.#retryBatch() ?? this.#newBatch());
      if (batch !== undefined) return batch;
      await this.#wait();
    }
    return undefined;
  }

  async lag(): Promise<number> {
    if (this.#cutsSeen !== this.#options.log.cuts) this.#recount();
    return this.#behindBase + this.#options.log.appended(this.#options.consumer.types) + this.#retries;
  }

  async head(): Promise<bigint> {
    return BigInt(this.#options.log.head);
  }

  async handled(position: bigint): Promise<boolean> {
    if ((await this.lag()) === 0) return true;
    return position <= BigInt(this.#through) && !this.#waitsBefore(position);
  }

  /** True if a fact up to the position is scheduled for retry. */
  #waitsBefore(position: bigint): boolean {
    return this.#retries > 0 && this.#retryUpTo.get(this.#durable, position) !== undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#unlisten();
    this.#wake?.();
  }

  #retryBatch(): Batch | undefined {
    const now = Date.now();
    if (this.#nextDueAt > now) return undefined;
    this.#preferNew = true;
    const rows = this.#dueRetries.all(this.#durable, BigInt(now), BigInt(this.#options.consumer.batchSize));
    const events: DeliveredEvent[] = [];
    for (const row of rows) {
      const sequence = Number(row["sequence"]);
      const event = this.#options.log.get(sequence, Number(row["deliveries"]) + 1);
      if (event) events.push(event);
      else this.#endRetry.run(this.#durable, BigInt(sequence));
    }
    if (events.length < rows.length) this.#loadRetries();
    return events.length === 0 ? undefined : this.#batch(events, undefined);
  }

  #newBatch(): Batch | undefined {
    if (this.#retries >= RETRIES_MAX) return undefined;
    this.#preferNew = false;
    const { log, consumer } = this.#options;
    while (this.#through < log.head) {
      const { events, through } = log.read(this.#through, consumer.batchSize, consumer.types);
      if (events.length > 0) return this.#batch(events, through);
      // Nothing of its types: the position moves on in memory and is written with the next batch.
      this.#through = through;
    }
    return undefined;
  }

  #batch(events: readonly DeliveredEvent[], through: number | undefined): Batch {
    return {
      events,
      settle: async (settlements) => {
        if (settlements.some(({ kind }) => kind === "dead")) await this.#bury(events, settlements);
        await this.#options.commits.run(() => this.#write(events, settlements, through));
        if (through !== undefined) {
          this.#through = through;
          this.#behindBase -= events.length;
        }
        if (this.#retries > 0 || settlements.some(({ kind }) => kind === "retry")) this.#loadRetries();
      },
    };
  }

  #write(events: readonly DeliveredEvent[], settlements: readonly Settlement[], through: number | undefined): void {
    const now = Date.now();
    // What is new and done leaves no row: the position says it.
    const isAllDone = settlements.length >= events.length && !settlements.some(({ kind }) => kind === "retry");
    if (through === undefined || !isAllDone) {
      for (const [index, event] of events.entries()) this.#writeOne(event, settlements[index], { now, through });
    }
    if (through !== undefined) this.#keepThrough.run(BigInt(through), this.#durable);
  }

  #writeOne(
    event: DeliveredEvent,
    settlement: Settlement = { kind: "retry", afterMs: 0 },
    { now, through }: { readonly now: number; readonly through: number | undefined },
  ): void {
    if (settlement.kind === "retry") {
      const dueAt = BigInt(now + Math.ceil(settlement.afterMs));
      this.#keepRetry.run(this.#durable, event.sequence, BigInt(event.deliveries), dueAt);
    } else if (through === undefined) this.#endRetry.run(this.#durable, event.sequence);
  }

  async #bury(events: readonly DeliveredEvent[], settlements: readonly Settlement[]): Promise<void> {
    for (const [index, event] of events.entries()) {
      const settlement = settlements[index];
      if (settlement?.kind !== "dead") continue;
      const { type, tenant, json, id, stream } = event;
      const sequence = String(event.sequence);
      const letter = `${this.#durable}:${stream}:${sequence}`;
      const dead = { durable: this.#durable, stream, sequence, reason: settlement.reason.slice(0, 500), id };
      const row = { type, id: letter, tenant, traceparent: event.traceparent ?? null, json, dead };
      await this.#options.dead.append(row, Date.now());
    }
  }

  #loadRetries(): void {
    const state = this.#retryState.get(this.#durable);
    this.#retries = Number(state?.["n"] ?? 0);
    this.#nextDueAt = typeof state?.["due"] === "bigint" ? Number(state["due"]) : Number.POSITIVE_INFINITY;
  }

  #recount(): void {
    const { log, consumer } = this.#options;
    this.#cutsSeen = log.cuts;
    this.#behindBase = log.count(consumer.types, this.#through) - log.appended(consumer.types);
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const ms = Math.min(WAIT_MAX_MS, Math.max(0, this.#nextDueAt - Date.now()));
      const stopTimer = after(ms, () => this.#wake?.());
      this.#wake = () => {
        stopTimer();
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

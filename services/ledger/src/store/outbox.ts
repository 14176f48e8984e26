import { setTimeout as pause } from "node:timers/promises";
import type { Bus, PrintedEvent } from "@sluice/platform/bus";
import type { Logger } from "@sluice/platform/log";
import type { LedgerDatabase } from "./database.ts";
import { eventsFromText } from "./events.ts";

interface Waiting {
  readonly id: bigint;
  /** Those that the bus does not have yet. */
  events: readonly PrintedEvent[];
}

export interface OutboxOptions {
  readonly database: LedgerDatabase;
  readonly bus: Pick<Bus, "publish">;
  readonly log: Logger;
}

const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 5_000;
/** Rows published and forgotten together: a statement has room for only so many ids. */
const ROWS_AT_ONCE = 1_000;

/** Brings the events of committed transactions to the bus, in order, and forgets a row only when the bus has its events. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #stopped = new AbortController();
  readonly #waiting: Waiting[] = [];
  /** Rows that were not this process's when it last looked. */
  #others = new Set<bigint>();
  #running: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Transactions whose events the bus does not have yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes up what an earlier run left behind. */
  async recover(): Promise<void> {
    const { db } = this.#options.database;
    const rows = await db.selectFrom("outbox").selectAll().orderBy("id").execute();
    for (const row of rows) this.add(row.id, eventsFromText(row.events));
  }

  /**
   * Takes up rows of others that are still there since the last call, whose process has likely gone for good; if it has not, its events are
   * published twice, under the same ids. To be called now and then.
   */
  async adopt(): Promise<void> {
    // While the bus is away rows stay for that reason alone.
    if (this.#waiting.length > 0) return;
    const { db } = this.#options.database;
    const rows = await db.selectFrom("outbox").selectAll().orderBy("id").limit(ROWS_AT_ONCE).execute();
    const own = new Set(this.#waiting.map(({ id }) => id));
    const before = this.#others;
    this.#others = new Set(rows.map(({ id }) => id).filter((id) => !before.has(id)));
    for (const row of rows) if (before.has(row.id) && !own.has(row.id)) this.add(row.id, eventsFromText(row.events));
  }

  /** Publishes the events of a committed row. */
  add(id: bigint, events: readonly PrintedEvent[]): void {
    this.#waiting.push({ id, events });
    this.#running ??= this.#run();
  }

  /** Ends the publishing; what is left stays in the table. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Resolves when nothing waits, or after the time. */
  async flush(deadlineMs: number): Promise<void> {
    if (this.#running === undefined) return;
    const given = new AbortController();
    const late = pause(deadlineMs, undefined, { signal: given.signal }).catch(() => undefined);
    await Promise.race([this.#running, late]);
    given.abort();
  }

  async #run(): Promise<void> {
    let wait = RETRY_FIRST_MS;
    while (this.#waiting.length > 0 && !this.#stopped.signal.aborted) {
      const batch = this.#waiting.slice(0, ROWS_AT_ONCE);
      try {
        await this.#deliver(batch);
        this.#waiting.splice(0, batch.length);
        wait = RETRY_FIRST_MS;
      } catch (err) {
        this.#options.log.warn({ err, waiting: this.#waiting.length }, "ledger events not published yet");
        await pause(wait, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
        wait = Math.min(wait * 2, RETRY_LAST_MS);
      }
    }
    this.#running = undefined;
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    const { bus, database } = this.#options;
    await Promise.all(batch.map((waiting) => publishRest(bus, waiting)));
    const ids = batch.map(({ id }) => id);
    await database.db.deleteFrom("outbox").where("id", "in", ids).execute();
  }
}

/** A bus with little room takes some of the events, and the rest when those have left. @throws what the bus says to the first it refuses */
async function publishRest(bus: OutboxOptions["bus"], waiting: Waiting): Promise<void> {
  const { events } = waiting;
  const results = await Promise.allSettled(events.map((event) => bus.publish(event)));
  waiting.events = events.filter((_, index) => results[index]?.status === "rejected");
  const refused = results.find((result) => result.status === "rejected");
  if (refused !== undefined) throw refused.reason;
}

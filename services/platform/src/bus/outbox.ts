import type { DatabaseSync, StatementSync } from "node:sqlite";
import { SluiceError } from "../errors/index.ts";
import { type Durability, openSqlite, usedBytesReader } from "../sql/index.ts";
import type { BusLog } from "./bus-log.ts";
import type { Fact } from "./fact.ts";
import { GroupCommit } from "./group-commit.ts";
import type { LinkUser } from "./jetstream-link.ts";
import { OutboxLane, type OutboxRow } from "./outbox-lane.ts";
import { pause } from "./pause.ts";
import { type EventType, isStreamName, STREAMS, type StreamName } from "./subjects.ts";
import type { Wire } from "./wire.ts";

export interface OutboxOptions {
  readonly file: string;
  readonly maxFacts: number;
  readonly maxBytes: number;
  readonly durability?: Durability;
  readonly log: BusLog;
}

/** Admission facts are refused from this share of either bound on, so that records of work under way still fit. */
const SOFT_BOUND = 0.8;
const COMMITS_BETWEEN_SIZE_CHECKS = 16;

interface LaneTable {
  readonly lane: OutboxLane;
  readonly insert: StatementSync;
  readonly delete: StatementSync;
  /** Highest sequence given out. */
  last: number;
  /** Highest sequence the stream has stored, and the highest deleted from the file. */
  stored: number;
  deleted: number;
}

/**
 * Facts that this process has published and the streams have not confirmed, in one SQLite file: a lane per stream,
 * in order. It survives kill -9 and is sent on at the next start.
 */
export class Outbox implements LinkUser {
  readonly #options: OutboxOptions;
  readonly #database: DatabaseSync;
  readonly #commits: GroupCommit;
  readonly #lanes: Readonly<Record<StreamName, LaneTable>>;
  #added: (() => void)[] = [];
  #facts = 0;
  readonly #readUsedBytes: () => number;
  #usedBytes = 0;
  #commitsUntilSizeCheck = 0;

  /** @throws unavailable when another process has the file. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#database = openSqlite(options.file, {
      exclusive: true,
      maxBytes: options.maxBytes,
      busyTimeoutMs: 1_000,
      ...(options.durability === undefined ? {} : { durability: options.durability }),
    });
    this.#commits = new GroupCommit({
      database: this.#database,
      file: options.file,
      onRollback: () => {
        this.#added = [];
      },
      onCommit: () => this.#committed(),
    });
    const lanes = Object.keys(STREAMS)
      .filter(isStreamName)
      .map((stream) => [stream, this.#openLane(stream)]);
    this.#lanes = Object.fromEntries(lanes) as Record<StreamName, LaneTable>;
    this.#readUsedBytes = usedBytesReader(this.#database);
    this.#usedBytes = this.#readUsedBytes();
  }

  get facts(): number {
    return this.#facts;
  }

  get fullness(): number {
    return Math.min(1, Math.max(this.#facts / this.#options.maxFacts, this.#usedBytes / this.#options.maxBytes));
  }

  /** Resolves when the fact is in the file. @throws overloaded at the bound, for admission facts at the soft bound. */
  async add(fact: Fact, priority: "admission" | "record"): Promise<void> {
    this.#refuseIfFull(priority);
    const table = this.#lanes[fact.stream];
    this.#facts += 1;
    try {
      await this.#commits.run(() => {
        const sequence = ++table.last;
        table.insert.run(BigInt(sequence), fact.type, fact.id, fact.tenant, fact.traceparent, fact.json);
        this.#added.push(() => table.lane.added({ ...fact, sequence }));
      });
    } catch (error) {
      this.#facts -= 1;
      throw error;
    }
  }

  up(wire: Wire): void {
    for (const { lane } of Object.values(this.#lanes)) lane.up(wire);
  }

  down(): void {
    for (const { lane } of Object.values(this.#lanes)) lane.down();
  }

  /** Waits until everything is confirmed, at most `ms`. */
  async drain(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (this.#facts > 0 && performance.now() < deadline) await pause(10);
  }

  close(): void {
    for (const { lane } of Object.values(this.#lanes)) lane.close();
    this.#commits.flush();
    this.#database.close();
  }

  #refuseIfFull(priority: "admission" | "record"): void {
    const { file, maxFacts, maxBytes } = this.#options;
    const bound = priority === "admission" ? SOFT_BOUND : 1;
    const full = this.#facts >= maxFacts * bound || (priority === "admission" && this.#usedBytes >= maxBytes * bound);
    if (!full) return;
    throw new SluiceError(
      "overloaded",
      `The outbox ${file} holds ${this.#facts} of ${maxFacts} facts and ${this.#usedBytes} of ${maxBytes} bytes that the event bus has not taken. Check that NATS is reachable and has disk space, or raise bus.outbox_max_facts or bus.outbox_max_bytes.`,
    );
  }

  #openLane(stream: StreamName): LaneTable {
    const name = `lane_${stream.toLowerCase()}`;
    this.#database.exec(`CREATE TABLE IF NOT EXISTS ${name} (sequence INTEGER PRIMARY KEY, type TEXT NOT NULL,
      id TEXT NOT NULL, tenant TEXT NOT NULL, traceparent TEXT, json TEXT NOT NULL) STRICT`);
    const edges = this.#database
      .prepare(
        `SELECT coalesce(max(sequence), 0) AS last, coalesce(min(sequence), 1) AS first, count(*) AS n FROM ${name}`,
      )
      .get();
    const last = Number(edges?.["last"] ?? 0);
    const before = Number(edges?.["first"] ?? 1) - 1;
    this.#facts += Number(edges?.["n"] ?? 0);
    const range = this.#database.prepare(`SELECT * FROM ${name} WHERE sequence > ? ORDER BY sequence LIMIT ?`);
    const lane = new OutboxLane(
      {
        stream,
        log: this.#options.log,
        load: (after, limit) => range.all(BigInt(after), BigInt(limit)).map(toRow),
        onStored: (through) => this.#stored(table, through),
      },
      last,
    );
    const table: LaneTable = {
      lane,
      insert: this.#database.prepare(
        `INSERT INTO ${name} (sequence, type, id, tenant, traceparent, json) VALUES (?, ?, ?, ?, ?, ?)`,
      ),
      delete: this.#database.prepare(`DELETE FROM ${name} WHERE sequence <= ?`),
      last,
      stored: before,
      deleted: before,
    };
    return table;
  }

  /** Confirmed rows are deleted together at the next commit: losing that deletion only sends them again. */
  #stored(table: LaneTable, through: number): void {
    const scheduled = table.stored > table.deleted;
    table.stored = through;
    if (!scheduled) void this.#delete(table);
  }

  async #delete(table: LaneTable): Promise<void> {
    try {
      await this.#commits.run(() => {
        const through = table.stored;
        const { changes } = table.delete.run(BigInt(through));
        table.deleted = through;
        this.#added.push(() => {
          this.#facts -= Number(changes);
        });
      });
    } catch (error) {
      this.#options.log.warn({ err: error }, "confirmed facts could not be deleted from the outbox");
    }
  }

  #committed(): void {
    const added = this.#added;
    this.#added = [];
    for (const tell of added) tell();
    if (this.#commitsUntilSizeCheck-- > 0) return;
    this.#commitsUntilSizeCheck = COMMITS_BETWEEN_SIZE_CHECKS;
    this.#usedBytes = this.#readUsedBytes();
  }
}

function toRow(row: Record<string, unknown>): OutboxRow {
  return {
    sequence: Number(row["sequence"]),
    type: String(row["type"]) as EventType,
    id: String(row["id"]),
    tenant: String(row["tenant"]),
    traceparent: typeof row["traceparent"] === "string" ? row["traceparent"] : null,
    json: String(row["json"]),
  };
}

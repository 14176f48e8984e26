import type { RedisIdentity } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import type { Kysely } from "kysely";
import type { LedgerDatabase } from "./database.ts";
import type { HoldEpochsTable, LedgerSchema } from "./schema.ts";

/** What the books say about the shared hold store. */
export interface FenceRecord {
  readonly epoch: bigint;
  /** False while it is being rebuilt; nothing is booked then. */
  readonly isComplete: boolean;
  readonly identity: RedisIdentity;
  /** Who rebuilds, and until when nobody else may (epoch milliseconds). */
  readonly holder: string;
  readonly heldUntil: number;
  /** What SLUICE_LEDGER stored before this moment (epoch milliseconds) need not be read: the holds of then that live are in `carried`. */
  readonly readFrom: number;
  readonly carried: string;
}

interface FenceTable extends HoldEpochsTable {
  run_id: string;
  replication_id: string;
  holder: string;
  carried: string;
  read_from_ms: bigint;
  held_until_ms: bigint;
  complete: bigint;
}

interface WritersTable {
  writer: string;
  epoch: bigint;
  seen_ms: bigint;
}

const ROW = 1n;

/** The row that says which state of the shared hold store is the valid one, and who writes to it. */
export class FenceRecords {
  readonly #database: LedgerDatabase;

  constructor(database: LedgerDatabase) {
    this.#database = database;
  }

  async read(): Promise<FenceRecord> {
    const row = await this.#db.selectFrom("hold_epochs").selectAll().where("id", "=", ROW).executeTakeFirstOrThrow();
    return {
      epoch: row.epoch,
      isComplete: row.complete === 1n,
      identity: { runId: row.run_id, replicationId: row.replication_id },
      holder: row.holder,
      heldUntil: Number(row.held_until_ms),
      readFrom: Number(row.read_from_ms),
      carried: row.carried,
    };
  }

  /**
   * Begins a rebuild: raises the epoch, so that whatever was booked before is in the books and nothing is booked until it is complete. Undefined
   * if another process has begun one, or the epoch is another one already.
   */
  async begin(question: {
    readonly epoch: bigint;
    readonly holder: string;
    readonly now: number;
    readonly until: number;
  }): Promise<bigint | undefined> {
    const { epoch, holder, now, until } = question;
    return await this.#db.transaction().execute(async (db) => {
      // The writers' lock: a transaction under way ends first, the next one sees the new epoch.
      await db
        .updateTable("totals")
        .set((row) => ({ outbox: row.ref("outbox") }))
        .where("id", "=", 1n)
        .execute();
      const raised = await db
        .updateTable("hold_epochs")
        .set((row) => ({ epoch: row("epoch", "+", 1n), complete: 0n, holder, held_until_ms: BigInt(until) }))
        .where("id", "=", ROW)
        .where("epoch", "=", epoch)
        .where((row) =>
          row.or([row("complete", "=", 1n), row("held_until_ms", "<", BigInt(now)), row("holder", "=", holder)]),
        )
        .returning("epoch")
        .executeTakeFirst();
      return raised?.epoch;
    });
  }

  /** Keeps the others waiting; false if the rebuild is not this process's any more. */
  async prolong(epoch: bigint, holder: string, until: number): Promise<boolean> {
    const changed = await this.#db
      .updateTable("hold_epochs")
      .set({ held_until_ms: BigInt(until) })
      .where("id", "=", ROW)
      .where("epoch", "=", epoch)
      .where("holder", "=", holder)
      .where("complete", "=", 0n)
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n;
  }

  /** Ends a rebuild; false if it is not this process's any more. */
  async complete(epoch: bigint, holder: string, identity: RedisIdentity): Promise<boolean> {
    const changed = await this.#db
      .updateTable("hold_epochs")
      .set({ complete: 1n, run_id: identity.runId, replication_id: identity.replicationId })
      .where("id", "=", ROW)
      .where("epoch", "=", epoch)
      .where("holder", "=", holder)
      .where("complete", "=", 0n)
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n;
  }

  /** Notes from which moment on the stream has to be read (epoch milliseconds), and the older holds that live. */
  async noteReading(epoch: bigint, readFrom: number, carried: string): Promise<void> {
    await this.#db
      .updateTable("hold_epochs")
      .set({ read_from_ms: BigInt(readFrom), carried })
      .where("id", "=", ROW)
      .where("epoch", "=", epoch)
      .where("complete", "=", 1n)
      .execute();
  }

  /** Without a shared store nothing has to be rebuilt: what an interrupted rebuild left behind must not keep the books closed. */
  async abandon(): Promise<void> {
    await this.#db
      .updateTable("hold_epochs")
      .set({ complete: 1n, run_id: "", replication_id: "" })
      .where("id", "=", ROW)
      .execute();
  }

  /** Says that a process lives, and for which epoch it has stopped placing holds under earlier ones. */
  async report(writer: string, epoch: bigint, seenMs: number): Promise<void> {
    const values = { writer, epoch, seen_ms: BigInt(seenMs) };
    await this.#db
      .insertInto("hold_writers")
      .values(values)
      .onConflict((conflict) => conflict.column("writer").doUpdateSet({ epoch, seen_ms: BigInt(seenMs) }))
      .execute();
  }

  /** Processes seen since the moment that may still place holds under an earlier epoch. */
  async behind(epoch: bigint, since: number): Promise<readonly string[]> {
    const rows = await this.#db
      .selectFrom("hold_writers")
      .select("writer")
      .where("epoch", "<", epoch)
      .where("seen_ms", ">=", BigInt(since))
      .execute();
    return rows.map(({ writer }) => writer);
  }

  /** Forgets processes not seen since the moment, and the one that leaves. */
  async forget(writer: string, before: number): Promise<void> {
    await this.#db
      .deleteFrom("hold_writers")
      .where((row) => row.or([row("writer", "=", writer), row("seen_ms", "<", BigInt(before))]))
      .execute();
  }

  get #db() {
    return this.#database.db.withTables<{ hold_epochs: FenceTable; hold_writers: WritersTable }>();
  }
}

/**
 * The epoch that a transaction books under.
 * @throws unavailable while the shared hold store is rebuilt from the books: they stand still until it is complete
 */
export async function bookableEpoch(db: Kysely<LedgerSchema>): Promise<bigint> {
  const rows = db.withTables<{ hold_epochs: FenceTable }>().selectFrom("hold_epochs").select(["epoch", "complete"]);
  const { epoch, complete } = await rows.where("id", "=", ROW).executeTakeFirstOrThrow();
  if (complete === 1n) return epoch;
  throw new SluiceError("unavailable", "Balances are being rebuilt; nothing is booked meanwhile.");
}

import { type Kysely, sql } from "kysely";
import type { IdentitySchema, SessionRow, SliceState } from "./schema.ts";

/** Reads and writes sessions. Safe to call concurrently. */
export class SessionStore {
  readonly #db: Kysely<IdentitySchema>;

  constructor(db: Kysely<IdentitySchema>) {
    this.#db = db;
  }

  /** Number of a key's sessions that can be used. */
  async openOf(keyId: string, now: bigint): Promise<number> {
    const row = await this.#db
      .selectFrom("sessions")
      .select(({ fn }) => fn.countAll<bigint>().as("count"))
      .where("key_id", "=", keyId)
      .where("expires_at_ms", ">", now)
      .where("closed_at_ms", "=", 0n)
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async add(row: SessionRow): Promise<void> {
    await this.#db.insertInto("sessions").values(row).execute();
  }

  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom("sessions").where("id", "=", id).execute();
  }

  async find(id: string): Promise<SessionRow | undefined> {
    return await this.#db.selectFrom("sessions").selectAll().where("id", "=", id).executeTakeFirst();
  }

  /** The newest sessions of an organisation or key, oldest first; without the ended ones if `openAt` is given. */
  async list(filter: {
    orgId: string | undefined;
    keyId: string | undefined;
    openAt: bigint | undefined;
    limit: number;
  }): Promise<SessionRow[]> {
    let query = this.#db.selectFrom("sessions").selectAll().where("slice", "!=", "opening");
    if (filter.orgId !== undefined) query = query.where("org_id", "=", filter.orgId);
    if (filter.keyId !== undefined) query = query.where("key_id", "=", filter.keyId);
    if (filter.openAt !== undefined) {
      query = query.where("expires_at_ms", ">", filter.openAt).where("closed_at_ms", "=", 0n);
    }
    const rows = await query.orderBy("created_at_ms", "desc").orderBy("id", "desc").limit(filter.limit).execute();
    return rows.reverse();
  }

  async setSlice(id: string, slice: SliceState): Promise<void> {
    await this.#db.updateTable("sessions").set({ slice }).where("id", "=", id).execute();
  }

  /** Marks a session as closed; the first closing's time stays. */
  async close(id: string, at: bigint): Promise<void> {
    const update = this.#db.updateTable("sessions").set({ closed_at_ms: at });
    await update.where("id", "=", id).where("closed_at_ms", "=", 0n).execute();
  }

  async markAnnounced(id: string): Promise<void> {
    await this.#db.updateTable("sessions").set({ announced: 1n }).where("id", "=", id).execute();
  }

  /** Closes every open session whose key was revoked. */
  async closeOfRevokedKeys(at: bigint): Promise<void> {
    await this.#db
      .updateTable("sessions")
      .set({ closed_at_ms: at })
      .where("closed_at_ms", "=", 0n)
      .where("expires_at_ms", ">", at)
      .where("key_id", "in", (from) => from.selectFrom("keys").select("id").where("revoked_at_ms", ">", 0n))
      .execute();
  }

  /** Sessions whose slice is to be given back, or that the bus is to hear of; `openingBefore` tells the forgotten ones. */
  async unfinished(openingBefore: bigint, limit: number): Promise<SessionRow[]> {
    return await this.#db
      .selectFrom("sessions")
      .selectAll()
      .where((where) =>
        where.or([
          where.and([where("slice", "=", "opening"), where("created_at_ms", "<", openingBefore)]),
          where.and([where("slice", "=", "open"), where("closed_at_ms", ">", 0n)]),
          // While a slice is still asked for, nobody can say that it was given back.
          where.and([where("announced", "=", 0n), where("closed_at_ms", ">", 0n), where("slice", "!=", "opening")]),
        ]),
      )
      .orderBy("created_at_ms")
      .limit(limit)
      .execute();
  }

  /** Notes that the slices of expired sessions end by the ledger's own expiry, and forgets what ended before `keptSince`. */
  async tidy(now: bigint, keptSince: bigint): Promise<void> {
    const expired = this.#db.updateTable("sessions").set({ slice: "closed" }).where("slice", "=", "open");
    await expired.where("expires_at_ms", "<=", now).where("closed_at_ms", "=", 0n).execute();
    const done = sql<boolean>`(closed_at_ms = 0 or announced = 1)`;
    await this.#db
      .deleteFrom("sessions")
      .where("slice", "in", ["", "closed"])
      .where("expires_at_ms", "<", keptSince)
      .where(done)
      .execute();
  }
}

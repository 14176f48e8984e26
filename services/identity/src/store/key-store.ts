import type { Kysely } from "kysely";
import type { IdentitySchema, KeyRow } from "./schema.ts";

/** Reads and writes API keys. Safe to call concurrently. */
export class KeyStore {
  readonly #db: Kysely<IdentitySchema>;

  constructor(db: Kysely<IdentitySchema>) {
    this.#db = db;
  }

  async add(row: KeyRow): Promise<void> {
    await this.#db.insertInto("keys").values(row).execute();
  }

  async byHash(hash: string): Promise<KeyRow | undefined> {
    return await this.#db.selectFrom("keys").selectAll().where("hash", "=", hash).executeTakeFirst();
  }

  /** Keys with this id or this display prefix; at most two, enough to tell whether it is only one. */
  async find(reference: string): Promise<KeyRow[]> {
    return await this.#db
      .selectFrom("keys")
      .selectAll()
      .where((where) => where.or([where("id", "=", reference), where("display_prefix", "=", reference)]))
      .limit(2)
      .execute();
  }

  /** Keys of one organisation, or of all, oldest first. */
  async list(orgId: string | undefined): Promise<KeyRow[]> {
    let query = this.#db.selectFrom("keys").selectAll();
    if (orgId !== undefined) query = query.where("org_id", "=", orgId);
    return await query.orderBy("created_at_ms").orderBy("id").execute();
  }

  /** Marks a key as revoked; the first revocation's time stays. */
  async revoke(id: string, at: bigint): Promise<void> {
    await this.#db
      .updateTable("keys")
      .set({ revoked_at_ms: at })
      .where("id", "=", id)
      .where("revoked_at_ms", "=", 0n)
      .execute();
  }

  /** Removes a key that must leave no trace but its events. */
  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom("keys").where("id", "=", id).execute();
  }

  /** Keys the bus has not heard everything about, oldest first. */
  async unannounced(limit: number): Promise<KeyRow[]> {
    return await this.#db
      .selectFrom("keys")
      .selectAll()
      .where((where) =>
        where.or([
          where("announced", "=", ""),
          where.and([where("announced", "=", "created"), where("revoked_at_ms", ">", 0n)]),
        ]),
      )
      .orderBy("created_at_ms")
      .orderBy("id")
      .limit(limit)
      .execute();
  }

  /** Notes that the creation is known to the bus; never takes back that the revocation is. */
  async markCreatedAnnounced(id: string): Promise<void> {
    const update = this.#db.updateTable("keys").set({ announced: "created" });
    await update.where("id", "=", id).where("announced", "=", "").execute();
  }

  async markRevokedAnnounced(id: string): Promise<void> {
    await this.#db.updateTable("keys").set({ announced: "revoked" }).where("id", "=", id).execute();
  }
}

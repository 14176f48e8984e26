import type { Kysely } from "kysely";
import type { IdentitySchema, MemberRow, OrgRow } from "./schema.ts";

export type MemberTable = "teams" | "users";

/** Reads and writes organisations, teams and users. Safe to call concurrently: names are unique in the database. */
export class DirectoryStore {
  readonly #db: Kysely<IdentitySchema>;

  constructor(db: Kysely<IdentitySchema>) {
    this.#db = db;
  }

  /** Adds an organisation; false if its name is taken. */
  async addOrg(row: OrgRow): Promise<boolean> {
    const insert = this.#db.insertInto("orgs").values(row);
    const added = await insert
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    return added !== undefined;
  }

  /** Adds a team or user; false if its name is taken in its organisation. */
  async addMember(table: MemberTable, row: MemberRow): Promise<boolean> {
    const insert = this.#db.insertInto(table).values(row);
    const added = await insert
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst();
    return added !== undefined;
  }

  async orgs(): Promise<OrgRow[]> {
    return await this.#db.selectFrom("orgs").selectAll().orderBy("created_at_ms").orderBy("id").execute();
  }

  async members(table: MemberTable): Promise<MemberRow[]> {
    return await this.#db.selectFrom(table).selectAll().orderBy("created_at_ms").orderBy("id").execute();
  }

  /** The organisation with this id or name. */
  async findOrg(reference: string): Promise<OrgRow | undefined> {
    return await this.#db
      .selectFrom("orgs")
      .selectAll()
      .where((where) => where.or([where("id", "=", reference), where("name", "=", reference)]))
      .executeTakeFirst();
  }

  async setTimeZone(id: string, timeZone: string): Promise<void> {
    await this.#db.updateTable("orgs").set({ time_zone: timeZone }).where("id", "=", id).execute();
  }

  /** Up to two organisations, oldest first: enough to tell whether there is only one. */
  async firstTwoOrgs(): Promise<OrgRow[]> {
    return await this.#db.selectFrom("orgs").selectAll().orderBy("created_at_ms").orderBy("id").limit(2).execute();
  }

  /** The team or user of an organisation with this id or name. */
  async findMember(table: MemberTable, orgId: string, reference: string): Promise<MemberRow | undefined> {
    return await this.#db
      .selectFrom(table)
      .selectAll()
      .where("org_id", "=", orgId)
      .where((where) => where.or([where("id", "=", reference), where("name", "=", reference)]))
      .executeTakeFirst();
  }
}

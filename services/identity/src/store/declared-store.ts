import type { Kysely } from "kysely";
import type { DeclaredRow, IdentitySchema } from "./schema.ts";

/** Remembers what the configuration declared, so that it can be told from what somebody set by command. */
export class DeclaredStore {
  readonly #db: Kysely<IdentitySchema>;

  constructor(db: Kysely<IdentitySchema>) {
    this.#db = db;
  }

  async all(): Promise<DeclaredRow[]> {
    return await this.#db.selectFrom("declared").selectAll().orderBy("name").execute();
  }

  async find(name: string): Promise<DeclaredRow | undefined> {
    return await this.#db.selectFrom("declared").selectAll().where("name", "=", name).executeTakeFirst();
  }

  async put(row: DeclaredRow): Promise<void> {
    const { name: _, ...rest } = row;
    const insert = this.#db.insertInto("declared").values(row);
    await insert.onConflict((conflict) => conflict.column("name").doUpdateSet(rest)).execute();
  }

  async remove(name: string): Promise<void> {
    await this.#db.deleteFrom("declared").where("name", "=", name).execute();
  }
}

import { isTimeZone, type KnownTimeZones, UTC } from "../holds/windows.ts";
import type { LedgerDatabase } from "./database.ts";
import { noteChange } from "./settings.ts";

/** The tenants' time zones: kept in SQL, and in memory where windows are named. */
export class StoredTimeZones {
  readonly #database: LedgerDatabase;
  readonly #known: KnownTimeZones;

  constructor(database: LedgerDatabase, known: KnownTimeZones) {
    this.#database = database;
    this.#known = known;
  }

  /** Reads all of them, within a transaction if one is given; returns the tenants whose zone is another one than before. */
  async load(db: LedgerDatabase["db"] = this.#database.db): Promise<readonly string[]> {
    const rows = await db.selectFrom("tenants").selectAll().execute();
    return rows.flatMap(({ tenant, time_zone }) => {
      const zone = time_zone !== "" && isTimeZone(time_zone) ? time_zone : UTC;
      if (zone === this.#known.zoneOf(tenant)) return [];
      this.#known.set(tenant, zone);
      return [tenant];
    });
  }

  /** Sets a tenant's zone for good; the name must be one that `isTimeZone` knows. */
  async save(tenant: string, zone: string): Promise<void> {
    await this.#database.db.transaction().execute(async (db) => {
      await db
        .insertInto("tenants")
        .values({ tenant, time_zone: zone })
        .onConflict((conflict) => conflict.column("tenant").doUpdateSet({ time_zone: zone }))
        .execute();
      await noteChange(db);
    });
    this.#known.set(tenant, zone);
  }
}

import type { SqlKind } from "@sluice/platform/sql";
import { type Kysely, sql } from "kysely";
import type { LedgerDatabase } from "./database.ts";
import type { LedgerSchema } from "./schema.ts";

/** Where to read while the books are still. */
export interface StillBooks {
  readonly kind: SqlKind;
  readonly db: Kysely<LedgerSchema>;
}

/**
 * Runs work while no process adds to the books. It must not write to them itself, and should be short. On SQLite only this process writes;
 * there the caller keeps its own writers waiting (`Turns`).
 */
export async function whileStill<T>({ kind, db }: LedgerDatabase, work: (books: StillBooks) => Promise<T>): Promise<T> {
  if (kind === "sqlite") return await work({ kind, db });
  return await db.transaction().execute(async (locked) => {
    await sql`select id from totals where id = 1 for update`.execute(locked);
    return await work({ kind, db: locked });
  });
}

import type { Kysely } from "kysely";
import type { LedgerSchema } from "./schema.ts";

/** Notes that limits or time zones have changed, so that other processes read them anew; within the transaction that changes them. */
export async function noteChange(db: Kysely<LedgerSchema>): Promise<void> {
  await db
    .updateTable("totals")
    .set((row) => ({ settings: row("settings", "+", 1n) }))
    .where("id", "=", 1n)
    .execute();
}

/** How often limits and time zones have changed so far: cheap to ask again and again. */
export async function changesSoFar(db: Kysely<LedgerSchema>): Promise<bigint> {
  const row = await db.selectFrom("totals").select("settings").where("id", "=", 1n).executeTakeFirstOrThrow();
  return row.settings;
}

import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { SluiceError } from "../errors/index.ts";

/** A service's migrations by name; names sort in the order they are applied (`0001-accounts`, `0002-…`). */
export type Migrations = Readonly<Record<string, Migration>>;

const MIGRATION_TABLE = "kysely_migration";

/** What to migrate, and how errors name it. */
export interface MigrationTarget {
  readonly where: string;
  /** On PostgreSQL: the schema. Without it Kysely would take another service's migration table for this one's. */
  readonly schema?: string;
}

/**
 * Brings the schema up to date; a second call does nothing.
 * @throws internal when a migration fails or the schema comes from a newer version of the program.
 */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  migrations: Migrations,
  target: MigrationTarget,
): Promise<void> {
  const { where, schema } = target;
  await refuseNewerSchema(db, migrations, target);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof SluiceError) throw error;
  const failed = results?.find((result) => result.status === "Error")?.migrationName;
  const text = error instanceof Error ? error.message : String(error);
  throw new SluiceError("internal", `Migrating ${where} failed${failed ? ` at ${failed}` : ""}: ${text}`, {
    cause: error,
  });
}

async function refuseNewerSchema<Schema>(
  db: Kysely<Schema>,
  migrations: Migrations,
  { where, schema }: MigrationTarget,
): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const known = tables.some(
    ({ name, schema: of }) => name === MIGRATION_TABLE && (schema === undefined || of === schema),
  );
  if (!known) return;
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(MIGRATION_TABLE)} order by name`.execute(
    db,
  );
  const unknown = rows.map((row) => row.name).filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length === 0) return;
  throw new SluiceError(
    "internal",
    `${where} was written by a newer version (it has ${unknown.join(", ")}): run that version, or restore a backup made before it.`,
  );
}

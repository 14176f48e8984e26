export type { Migration } from "kysely/migration";
export { type Migrations, type MigrationTarget, migrate } from "./migrate.ts";
export {
  type DatabaseOptions,
  type OpenDatabase,
  openDatabase,
  type PostgresDatabaseOptions,
  type SqliteDatabaseOptions,
  type SqlKind,
} from "./open-database.ts";
export { checkParameters, type SqlValue } from "./parameters.ts";
export type { PostgresConnection, PostgresPoolOptions } from "./postgres-dialect.ts";
export { fromPostgresError, fromSqliteError, isUniqueViolation } from "./sql-errors.ts";
export {
  type Durability,
  openSqlite,
  type SqliteFileOptions,
  sqliteUsedBytes,
  usedBytesReader,
} from "./sqlite-file.ts";
export { type AskSql, threadDialect } from "./thread-dialect.ts";
export { isSqlQuestion, type SqlQuestion } from "./thread-questions.ts";
export { ThreadSql } from "./thread-sql.ts";

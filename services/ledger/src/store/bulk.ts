import type { SqlKind } from "@sluice/platform/sql";
import { type RawBuilder, sql } from "kysely";

export type BulkValue = string | bigint;
/** Column names and their types, in the order of each row. */
export type BulkColumns = Readonly<Record<string, "text" | "bigint">>;

/**
 * One INSERT for any number of rows: they travel as one JSON parameter, because a placeholder per value costs more to build
 * and to parse than the row itself. `suffix` is what follows (on conflict, returning).
 */
export function bulkInsert<Row = unknown>(
  kind: SqlKind,
  table: string,
  columns: BulkColumns,
  rows: readonly (readonly BulkValue[])[],
  suffix: RawBuilder<unknown> = sql``,
): RawBuilder<Row> {
  const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  const json = jsonOf(rows);
  return sql<Row>`insert into ${sql.table(table)} (${names}) ${kind === "sqlite" ? fromSqlite(columns, json) : fromPostgres(columns, json)} ${suffix}`;
}

/** The texts as what `in` asks for: one parameter, so that the statement's text is the same for any number of them. */
export function textList(kind: SqlKind, texts: readonly string[]): RawBuilder<string> {
  const json = JSON.stringify(texts);
  if (kind === "sqlite") return sql<string>`(select value from json_each(${json}))`;
  return sql<string>`(select json_array_elements_text(${json}::json))`;
}

function fromSqlite(columns: BulkColumns, json: string): RawBuilder<unknown> {
  const values = Object.keys(columns).map((_, index) => sql`value ->> ${sql.lit(index)}`);
  // "where true" keeps SQLite from reading a following "on conflict" as a join condition.
  return sql`select ${sql.join(values)} from json_each(${json}) where true`;
}

function fromPostgres(columns: BulkColumns, json: string): RawBuilder<unknown> {
  const values = Object.values(columns).map((type, index) => {
    const value = sql`(item ->> ${sql.lit(index)})`;
    return type === "bigint" ? sql`${value}::bigint` : value;
  });
  return sql`select ${sql.join(values)} from json_array_elements(${json}::json) as items(item)`;
}

/** Integers go as JSON integers of any size; both databases read them without a float in between. */
function jsonOf(rows: readonly (readonly BulkValue[])[]): string {
  const texts = rows.map((row) => {
    const values = row.map((value) => (typeof value === "bigint" ? value.toString() : JSON.stringify(value)));
    return `[${values.join(",")}]`;
  });
  return `[${texts.join(",")}]`;
}

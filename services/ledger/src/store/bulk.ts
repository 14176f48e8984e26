import type { SqlKind } from "@sluice/platform/sql";
import { CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely";
import type { LedgerSchema } from "./schema.ts";

export type BulkValue = string | bigint;
/** Column names and their types, in the order of each row. */
export type BulkColumns = Readonly<Record<string, "text" | "bigint">>;

/** Rows of one statement on SQLite; the largest that fits is taken again and again, so that few statements have to be prepared. */
const ROWS_AT_ONCE = [32, 8, 1] as const;
const texts = new Map<string, string>();

export interface BulkInsert {
  readonly table: string;
  readonly columns: BulkColumns;
  readonly rows: readonly (readonly BulkValue[])[];
  /** What follows the values (on conflict, returning). */
  readonly suffix?: string;
}

/**
 * Inserts any number of rows and returns what the suffix asks for. On SQLite as placeholders, some rows at a time, under texts that
 * are always the same; on PostgreSQL, where a statement is a round trip, all of them as one JSON parameter.
 */
export async function bulkInsert<Row = unknown>(
  { kind, db }: { readonly kind: SqlKind; readonly db: Kysely<LedgerSchema> },
  insert: BulkInsert,
): Promise<Row[]> {
  const { table, columns, rows, suffix = "" } = insert;
  if (kind === "postgres") {
    const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
    const into = sql<Row>`insert into ${sql.table(table)} (${names}) ${fromPostgres(columns, jsonOf(rows))}`;
    return (await sql<Row>`${into} ${sql.raw(suffix)}`.execute(db)).rows;
  }
  const found: Row[] = [];
  for (let from = 0; from < rows.length; ) {
    const count = ROWS_AT_ONCE.find((most) => most <= rows.length - from) ?? 1;
    const values: BulkValue[] = [];
    for (const row of rows.slice(from, from + count)) values.push(...row);
    const answer = await db.executeQuery<Row>(CompiledQuery.raw(sqliteText(insert, count), values));
    found.push(...answer.rows);
    from += count;
  }
  return found;
}

function sqliteText({ table, columns, suffix = "" }: BulkInsert, count: number): string {
  const key = `${table} ${count} ${suffix}`;
  let text = texts.get(key);
  if (text === undefined) {
    const names = Object.keys(columns);
    const row = `(${names.map(() => "?").join(",")})`;
    text = `insert into "${table}" (${names.join(",")}) values ${Array.from({ length: count }, () => row).join(",")} ${suffix}`;
    texts.set(key, text);
  }
  return text;
}

/** The texts as what `in` asks for: one parameter, so that the statement's text is the same for any number of them. */
export function textList(kind: SqlKind, texts: readonly string[]): RawBuilder<string> {
  const json = JSON.stringify(texts);
  if (kind === "sqlite") return sql<string>`(select value from json_each(${json}))`;
  return sql<string>`(select json_array_elements_text(${json}::json))`;
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

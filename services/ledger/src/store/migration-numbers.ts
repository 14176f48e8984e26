import type { Migration } from "@sluice/platform/sql";
import { SqliteAdapter, sql } from "kysely";

interface Column {
  readonly name: string;
  readonly type: string;
  readonly standard: string | null;
}

/**
 * On SQLite a posting is found by its number as SQLite's own row number: a tree that keeps wide rows inside its branches, as one of any other key
 * does, has twice as many levels among millions of rows, and each line of a report goes down all of them.
 */
export const numbers: Migration = {
  async up(db) {
    if (!(db.getExecutor().adapter instanceof SqliteAdapter)) return;
    const run = async (text: string): Promise<void> => {
      await sql.raw(text).execute(db);
    };
    const { rows: columns } = await sql<Column>`select name, type, dflt_value as standard
      from pragma_table_info('postings') order by cid`.execute(db);
    const { rows: indexes } = await sql<{ text: string }>`select sql as text from sqlite_master
      where tbl_name = 'postings' and type = 'index' and sql is not null`.execute(db);
    const definitions = columns.map(({ name, type, standard }) => {
      if (name === "sequence") return `"sequence" integer primary key`;
      return `"${name}" ${type} not null${standard === null ? "" : ` default ${standard}`}`;
    });
    await run(`create table "postings_numbered" (${definitions.join(", ")})`);
    await run(`insert into "postings_numbered" select * from "postings" order by "sequence"`);
    await run(`drop table "postings"`);
    await run(`alter table "postings_numbered" rename to "postings"`);
    for (const { text } of indexes) await run(text);
  },
};

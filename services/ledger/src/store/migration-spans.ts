import type { Migration } from "@sluice/platform/sql";
import { type CreateTableBuilder, SqliteAdapter, sql } from "kysely";

type Table = CreateTableBuilder<string, string>;

const AMOUNTS = ["nanousd", "input_tokens", "output_tokens", "attempts"];

/**
 * Sums per three hours and per day beside those per quarter hour, in the same table, so that all are written by one statement. The key has another column: a
 * process of an earlier version that still runs cannot add to quarter hours alone, and leaves its facts to the newer ones.
 */
export const spans: Migration = {
  async up(db) {
    const sqlite = db.getExecutor().adapter instanceof SqliteAdapter;
    const run = async (text: string): Promise<void> => {
      await sql.raw(text).execute(db);
    };
    if (!sqlite) {
      await run("set local statement_timeout = 0");
      // What others were just booking is waited for: committed between the copy and the drop it would be gone.
      await run("lock table rollups in access exclusive mode");
    }
    const texts = ["tenant", "account"].reduce(
      (table, name) => table.addColumn(name, "text", (column) => column.notNull()),
      db.schema.createTable("rollups_spans") as Table,
    );
    const columned = ["span", "slot", ...AMOUNTS].reduce(
      (table, name) => table.addColumn(name, "bigint", (column) => column.notNull()),
      texts,
    );
    const keyed = columned.addPrimaryKeyConstraint("rollups_spans_key", ["tenant", "account", "span", "slot"]);
    await (sqlite ? keyed.modifyEnd(sql`without rowid`) : keyed).execute();
    const columns = `tenant, account, span, slot, ${AMOUNTS.join(", ")}`;
    const sums = AMOUNTS.map((name) => `cast(sum(${name}) as bigint)`).join(", ");
    await run(`insert into rollups_spans (${columns})
      select tenant, account, 1, slot, ${AMOUNTS.join(", ")} from rollups`);
    for (const span of [12, 96]) {
      await run(`insert into rollups_spans (${columns})
        select tenant, account, ${span}, slot / ${span}, ${sums} from rollups group by tenant, account, slot / ${span}`);
    }
    await run("drop table rollups");
    await run("alter table rollups_spans rename to rollups");
  },
};

import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { SluiceError } from "../errors/index.ts";
import type { LogRow } from "./record.ts";
import type { StreamLog } from "./stream-log.ts";
import type { EventType } from "./subjects.ts";

/**
 * Moves a stream that an earlier version kept as a table into its files, under the same sequences. What a crash left half done is
 * continued: the table goes last.
 * @throws overloaded when the disk is full
 */
export function importTable(database: DatabaseSync, log: StreamLog): void {
  const table = `log_${log.stream.toLowerCase()}`;
  const known = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table);
  if (known === undefined) return;
  const rows = database
    .prepare(`SELECT * FROM ${table} WHERE sequence > ? ORDER BY sequence`)
    .iterate(BigInt(log.head));
  for (const row of rows) {
    if (log.head + 1 < Number(row["sequence"])) log.startAt(Number(row["sequence"]));
    // Whether it was stored is looked at once, below.
    void log.append(rowOf(row), Number(row["stored_at"]));
    log.flush();
    if (log.head !== Number(row["sequence"])) {
      throw new SluiceError(
        "overloaded",
        `The facts of ${table} cannot be moved to files: free disk space, then start again.`,
      );
    }
  }
  database.exec(`DROP TABLE ${table}`);
}

function rowOf({ type, id, tenant, traceparent, json, dead }: Record<string, SQLOutputValue>): LogRow {
  return {
    type: String(type) as EventType,
    id: String(id),
    tenant: String(tenant),
    traceparent: typeof traceparent === "string" ? traceparent : null,
    json: String(json),
    ...(typeof dead === "string" ? { dead: JSON.parse(dead) as NonNullable<LogRow["dead"]> } : {}),
  };
}

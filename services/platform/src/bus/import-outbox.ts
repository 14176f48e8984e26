import type { DatabaseSync } from "node:sqlite";
import type { Fact } from "./fact.ts";
import type { EventType, StreamName } from "./subjects.ts";

/** The facts of a lane that an earlier version kept as a table, in order. */
export function oldLane(database: DatabaseSync, stream: StreamName): Fact[] {
  const name = tableOf(stream);
  const known = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name);
  if (known === undefined) return [];
  const rows = database.prepare(`SELECT type, id, tenant, traceparent, json FROM ${name} ORDER BY sequence`).all();
  return rows.map(({ type, id, tenant, traceparent, json }) => ({
    stream,
    type: String(type) as EventType,
    id: String(id),
    tenant: String(tenant),
    traceparent: typeof traceparent === "string" ? traceparent : null,
    json: String(json),
  }));
}

/** Forgets the table: its facts are elsewhere now. */
export function dropOldLane(database: DatabaseSync, stream: StreamName): void {
  database.exec(`DROP TABLE IF EXISTS ${tableOf(stream)}`);
}

function tableOf(stream: StreamName): string {
  return `lane_${stream.toLowerCase()}`;
}

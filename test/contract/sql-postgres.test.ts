// needs: postgres
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { type DatabaseOptions, openDatabase } from "@sluice/platform/sql";
import { sql } from "kysely";
import { eventually, startPostgres } from "../harness/index.ts";
import { sqlSuite } from "./sql-suite.ts";

const server = await startPostgres();
after(() => server.stop());
let schemas = 0;

function place(): DatabaseOptions {
  const { host, port, user, password } = server;
  const connection = { host, port, user, password, database: "postgres" };
  return { kind: "postgres", connection, schema: `test_${schemas++}`, poolSize: 3 };
}

sqlSuite("PostgreSQL", place);

test("PostgreSQL: a killed server is an error while it is away, and a working pool when it is back", async () => {
  const { db, close } = await openDatabase(place(), {});
  await sql`select 1`.execute(db);
  await server.kill();
  await assert.rejects(
    sql`select 1`.execute(db),
    (error) => error instanceof SluiceError && error.code === "unavailable",
  );
  await server.restart();
  await eventually(async () => void (await sql`select 1`.execute(db)));
  await close();
});

test("PostgreSQL: a statement beyond its time is a timeout", async () => {
  const { db, close } = await openDatabase({ ...place(), statementTimeoutMs: 50 } as DatabaseOptions, {});
  await assert.rejects(
    sql`select pg_sleep(20)`.execute(db),
    (error) => error instanceof SluiceError && error.code === "timeout",
  );
  await close();
});

test("PostgreSQL: a wrong password and a schema name with quotes are refused with a reason", async () => {
  const good = place();
  assert.equal(good.kind, "postgres");
  if (good.kind !== "postgres") return;
  const connection = { ...good.connection, password: "wrong" };
  await assert.rejects(openDatabase({ ...good, connection }, {}), /refused the user or password/);
  await assert.rejects(openDatabase({ ...good, schema: 'a"b' }, {}), /is no schema name/);
});

// needs: postgres
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, startIdentityForTest } from "@sluice/identity/testing";
import { startPostgres } from "../harness/index.ts";
import { identitySuite } from "./identity-suite.ts";

const server = await startPostgres();
after(() => server.stop());

let schemas = 0;
identitySuite("PostgreSQL", () => {
  const { host, port, user, password } = server;
  const connection = { host, port, user, password, database: "postgres" };
  return { database: { kind: "postgres", connection, schema: `identity_${++schemas}`, poolSize: 3 } };
});

test("PostgreSQL: directory and keys live the same life, over a restart", async (t) => {
  const { host, port, user, password } = server;
  const connection = { host, port, user, password, database: "postgres" };
  const identity = await startIdentityForTest({
    database: { kind: "postgres", connection, schema: "identity", poolSize: 3 },
  });
  t.after(() => identity.close());
  const { directory } = identity;
  const post = async (path: string, body: unknown) => await ask(directory, { method: "POST", path, body });

  const tries = await Promise.all(Array.from({ length: 8 }, () => post("/teams", { name: "core" })));
  assert.deepEqual(tries.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409, 409, 409]);
  const made = await Promise.all(Array.from({ length: 8 }, () => post("/keys", { team: "core", ttl_ms: 3_600_000 })));
  assert.deepEqual(new Set(made.map(({ status }) => status)), new Set([200]));
  const [first] = made.map(({ json }) => json["key"] as { id: string; expires_at_ms: number; created_at_ms: number });
  assert.equal((first?.expires_at_ms ?? 0) - (first?.created_at_ms ?? 0), 3_600_000);

  await identity.restart();
  assert.equal((await ask(directory, { method: "DELETE", path: `/keys/${first?.id}` })).status, 200);
  const listed = await ask(directory, { path: "/keys" });
  assert.equal((listed.json["keys"] as unknown[]).length, 7);
  const control = (await identity.events("SLUICE_CONTROL")).map(({ type }) => type).sort();
  assert.deepEqual(control, [...Array.from({ length: 8 }, () => "key.created"), "key.revoked"]);
});

// needs: redis
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import { RedisHoldStore } from "../../services/ledger/src/holds/redis-store.ts";
import { eventually, type RunningServer, startRedis } from "../harness/index.ts";
import { freshTenant, holdsSuite, nano, termsOf } from "./holds-suite.ts";

let server: RunningServer;
let redis: Redis;
let store: RedisHoldStore;
before(async () => {
  server = await startRedis();
  redis = await connectRedis({ host: server.host, port: server.port, password: server.password });
  store = new RedisHoldStore({ redis, rememberMs: 48 * 3_600_000 });
});
after(async () => {
  redis.disconnect();
  await server.stop();
});

holdsSuite("Redis", () => store);

test("ended holds are forgotten by time, live ones are not", async () => {
  const tenant = freshTenant();
  for (const id of ["h1", "h2"]) await store.place(termsOf(tenant, id, nano(1n)));
  await store.void({ tenant, id: "h1" }, 5_000);
  assert.ok((await redis.pttl(`sluice:{${tenant}}:hold:h1`)) > 47 * 3_600_000);
  assert.equal(await redis.pttl(`sluice:{${tenant}}:hold:h2`), -1);
});

test("holds survive kill -9 of the server, and while it is away nothing is admitted", async () => {
  const tenant = freshTenant();
  await store.place(termsOf(tenant, "h1", nano(5n)));
  await server.kill();
  await assert.rejects(
    store.place(termsOf(tenant, "h2", nano(5n))),
    (error) => error instanceof SluiceError && error.code === "unavailable",
  );
  await server.restart();
  // The scripts are gone with the server; the store brings them again.
  await eventually(async () =>
    assert.equal((await store.place(termsOf(tenant, "h3", nano(5n)))).outcome.kind, "granted"),
  );
  const [org] = await store.balances(tenant, [{ kind: "org", id: "acme" }]);
  assert.deepEqual([org?.held.nanousd, org?.openHolds], [10n, 2]);
});

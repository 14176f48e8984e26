// needs: redis
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { fixedEpoch } from "../../services/ledger/src/holds/redis-fence.ts";
import { RedisHoldStore } from "../../services/ledger/src/holds/redis-store.ts";
import { type RunningServer, startRedis } from "../harness/index.ts";
import { freshTenant, nano, termsOf } from "./holds-kit.ts";
import { holdsSuite } from "./holds-suite.ts";
import { ZONES } from "./holds-windows-suite.ts";

let server: RunningServer;
let redis: Redis;
let store: RedisHoldStore;
before(async () => {
  server = await startRedis();
  redis = await connectRedis({ host: server.host, port: server.port, password: server.password });
  await redis.set("sluice:holds:epoch", "1");
  store = new RedisHoldStore({ zones: ZONES, redis, rememberMs: 48 * 3_600_000, fence: fixedEpoch("1") });
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
  assert.ok((await redis.pttl(`sluice:{${tenant}}:1:ended:h1`)) > 47 * 3_600_000);
  assert.equal(await redis.pttl(`sluice:{${tenant}}:1:live`), -1);
});

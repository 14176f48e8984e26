// needs: redis
import { after, before } from "node:test";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { EmbeddedRates } from "../../services/ledger/src/rates/embedded-rates.ts";
import { RedisRates } from "../../services/ledger/src/rates/redis-rates.ts";
import { type RunningServer, startRedis } from "../harness/index.ts";
import { ratesSuite } from "./rates-suite.ts";

const embedded = new EmbeddedRates();
ratesSuite("embedded", () => embedded);

let server: RunningServer;
let redis: Redis;
let shared: RedisRates;

before(async () => {
  server = await startRedis();
  redis = await connectRedis({ host: server.host, port: server.port, password: server.password });
  shared = new RedisRates(redis);
});

after(async () => {
  redis.disconnect();
  await server.stop();
});

ratesSuite("Redis", () => shared);

// needs: redis
import { after, before, test } from "node:test";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import fc from "fast-check";
import { fixedEpoch } from "../../services/ledger/src/holds/redis-fence.ts";
import { RedisHoldStore } from "../../services/ledger/src/holds/redis-store.ts";
import { KnownTimeZones } from "../../services/ledger/src/holds/windows.ts";
import { HoldRun, holdStep } from "../../services/ledger/src/testing/hold-steps.ts";
import { type RunningServer, startRedis } from "../harness/index.ts";
import { freshTenant } from "./holds-kit.ts";

let server: RunningServer;
let redis: Redis;
before(async () => {
  server = await startRedis();
  redis = await connectRedis({ host: server.host, port: server.port, password: server.password });
});
after(async () => {
  redis.disconnect();
  await server.stop();
});

test("the Redis store agrees with a naive model over any course of events", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(holdStep, { minLength: 20, maxLength: 80 }), async (steps) => {
      const zones = new KnownTimeZones();
      const open = () => new RedisHoldStore({ redis, zones, rememberMs: 48 * 3_600_000, fence: fixedEpoch("1") });
      let store = open();
      const lose = async (): Promise<void> => {
        store = open();
        await redis.flushall();
        await redis.set("sluice:holds:epoch", "1");
      };
      await lose();
      const run = new HoldRun({ store: () => store, lose, zones }, freshTenant());
      for (const step of steps) await run.step(step);
    }),
    { numRuns: 40 },
  );
});

// needs: redis
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before } from "node:test";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { fixedEpoch } from "../../services/ledger/src/holds/redis-fence.ts";
import { RedisHoldStore } from "../../services/ledger/src/holds/redis-store.ts";
import { eventually, findServers, freePort, temporaryDirectory } from "../harness/index.ts";
import { holdsSuite } from "./holds-suite.ts";
import { ZONES } from "./holds-windows-suite.ts";

// A node of a cluster refuses every command and script whose keys are not all in one slot.
let server: ChildProcess;
let redis: Redis;
let store: RedisHoldStore;

before(async () => {
  const port = await freePort();
  const settings = ["--bind", "127.0.0.1", "--port", String(port), "--dir", temporaryDirectory("slots"), "--save", ""];
  server = spawn(findServers().redis ?? "redis-server", [...settings, "--cluster-enabled", "yes"], { stdio: "ignore" });
  redis = await eventually(() => connectRedis({ host: "127.0.0.1", port }));
  await redis.cluster("ADDSLOTSRANGE", 0, 16_383);
  await eventually(async () => assert.match(String(await redis.cluster("INFO")), /cluster_state:ok/));
  await redis.set("sluice:holds:epoch", "1");
  store = new RedisHoldStore({ redis, rememberMs: 48 * 3_600_000, fence: fixedEpoch("1"), zones: ZONES });
});
after(async () => {
  redis.disconnect();
  const exited = once(server, "exit");
  server.kill("SIGKILL");
  await exited;
});

holdsSuite("Redis Cluster", () => store);

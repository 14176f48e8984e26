// needs: redis
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkDurable, connectRedis, redisFailure } from "@sluice/platform/cache";
import type { SluiceError } from "@sluice/platform/errors";
import { eventually, freePort, type RunningServer, startRedis } from "../harness/index.ts";

let server: RunningServer;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

const connect = () => connectRedis({ host: server.host, port: server.port, password: server.password });

async function failure(work: Promise<unknown>): Promise<SluiceError> {
  return work.then(() => assert.fail("it succeeded"), redisFailure);
}

test("a durable server is accepted and each weak setting is named", async (t) => {
  const redis = await connect();
  t.after(() => redis.disconnect());
  await checkDurable(redis);
  await redis.config("SET", "appendfsync", "everysec");
  await redis.config("SET", "maxmemory-policy", "allkeys-lru");
  const error = await failure(checkDurable(redis));
  assert.equal(error.code, "invalid_request");
  assert.match(
    error.message,
    /appendfsync is everysec and must be always; maxmemory-policy is allkeys-lru and must be noeviction/,
  );
  await redis.config("SET", "appendfsync", "always");
  await redis.config("SET", "maxmemory-policy", "noeviction");
});

test("a wrong password and an absent server are told apart", async () => {
  const { host, port } = server;
  const wrong = await failure(connectRedis({ host, port, password: "wrong" }));
  assert.equal(wrong.code, "unauthenticated");
  assert.match(wrong.message, /redis.password_file/);
  const absent = await failure(connectRedis({ host, port: await freePort(), connectTimeoutMs: 2_000 }));
  assert.equal(absent.code, "unavailable");
  assert.match(absent.message, /ECONNREFUSED.*redis.host/);
});

test("while the server is away commands fail at once, and work again after", async (t) => {
  const redis = await connect();
  t.after(() => redis.disconnect());
  await redis.set("kept", "1");
  await server.kill();
  await eventually(async () => (await failure(redis.get("kept"))).code === "unavailable", {
    message: "a failing command",
  });
  const calls = await Promise.all(Array.from({ length: 100 }, () => failure(redis.incr("kept"))));
  assert.ok(calls.every(({ code }) => code === "unavailable"));
  await server.restart();
  await eventually(async () => (await redis.get("kept")) === "1", { message: "the reconnection" });
});

test("a command Redis refuses is a broken invariant, not an outage", async (t) => {
  const redis = await connect();
  t.after(() => redis.disconnect());
  await redis.set("text", "a");
  assert.equal((await failure(redis.incr("text"))).code, "internal");
});

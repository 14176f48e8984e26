// needs: redis
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { connectRedis, type Redis } from "@sluice/platform/cache";
import { SluiceError } from "@sluice/platform/errors";
import { eventually, type RunningServer, startRedis, temporaryDirectory } from "../harness/index.ts";
import { LedgerWorld } from "./ledger-world.ts";
import { startProxy } from "./switching-proxy.ts";

const directory = temporaryDirectory("redis-fence");
let server: RunningServer;
let redis: Redis;
let world: LedgerWorld;

before(async () => {
  server = await startRedis({ directory });
});
after(async () => {
  await server.stop();
});
beforeEach(async () => {
  redis = await connectRedis({ host: server.host, port: server.port, password: server.password });
  world = await open(redis);
});
afterEach(async () => {
  await world.close();
  redis.disconnect();
});

async function open(connection: Redis): Promise<LedgerWorld> {
  const folder = temporaryDirectory("fence");
  const database = { kind: "sqlite", file: join(folder, "ledger.db") } as const;
  return await new LedgerWorld({ database, redis: connection }).start();
}

/** One attempt settled with 5 of 10, two live with 20 and 30, of a limit of 100. */
async function situation(): Promise<void> {
  await world.limit(100_000n);
  await world.granted("a", 10n);
  await world.granted("b", 20n);
  await world.granted("c", 30n);
  await world.started("c");
  await world.metered("a", 5n);
  await eventually(async () => assert.equal((await world.key()).held, 50_000n));
}

/** Everything is as it was, and admits to the last unit. */
async function assertRebuilt(rebuilds = 1n): Promise<void> {
  await eventually(async () => {
    const status = await world.ledger.status({});
    assert.deepEqual([status.closedReason, status.rebuilds], ["", rebuilds + 1n]);
  });
  const { spent, held, openHolds, posted } = await world.key();
  assert.deepEqual([spent, held, openHolds, posted], [5_000n, 50_000n, 2n, 5_000n]);
  assert.equal((await world.hold("d", 46n)).outcome?.$case, "refused");
  assert.equal((await world.hold("d", 45n)).outcome?.$case, "granted");
  for (const [id, tokens] of [
    ["b", 20n],
    ["c", 30n],
    ["d", 45n],
  ] as const)
    await world.metered(id, tokens);
  await eventually(async () => {
    const { spent, held, openHolds } = await world.key();
    assert.deepEqual([spent, held, openHolds], [100_000n, 0n, 0n]);
  });
  assert.equal((await world.ledger.status({})).differingAccounts, 0n);
  assert.equal((await world.hold("e", 1n)).outcome?.$case, "refused");
}

async function isUnavailable(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => error instanceof SluiceError && error.code === "unavailable");
}

/** Where Redis keeps what it has written. */
const DATA = join(directory, "appendonlydir");

describe("a Redis that loses what it knew", () => {
  test("restarted empty: nothing is admitted until balances are there again", async () => {
    await situation();
    await server.kill();
    await isUnavailable(world.hold("x", 1n));
    rmSync(DATA, { recursive: true });
    await server.restart();
    await assertRebuilt();
  });

  test("restarted with everything: its balances are taken from the books all the same", async () => {
    await situation();
    await server.kill();
    await server.restart();
    await assertRebuilt();
  });

  test("rolled back to an older file", async () => {
    await world.limit(100_000n);
    await world.granted("a", 10n);
    await server.stop();
    const copy = temporaryDirectory("older");
    cpSync(DATA, copy, { recursive: true });
    await server.restart();
    await eventually(async () => assert.equal((await world.ledger.status({})).closedReason, ""));
    await situation();
    await server.kill();
    rmSync(DATA, { recursive: true });
    cpSync(copy, DATA, { recursive: true });
    await server.restart();
    await assertRebuilt(2n);
  });

  test("emptied while it runs: the next step finds out", async () => {
    await situation();
    await redis.flushall();
    await isUnavailable(world.hold("x", 1n));
    await assertRebuilt();
  });

  test("set back to an earlier moment of the same run, with nobody's connection lost", async () => {
    await world.limit(100_000n);
    await world.granted("a", 10n);
    const earlier = new Map<string, Buffer>();
    for (const key of await redis.keys("*")) {
      const dump = await redis.dumpBuffer(key);
      if (dump !== null) earlier.set(key, dump);
    }
    await situation();
    const back = redis.multi().flushall();
    for (const [key, dump] of earlier) back.restore(key, 0, dump);
    await back.exec();
    await isUnavailable(world.hold("x", 1n));
    await assertRebuilt();
  });

  test("one that does not answer: holds are refused, however many are asked for, and nothing is lost", async () => {
    await situation();
    process.kill(server.pid, "SIGSTOP");
    const ids = Array.from({ length: 500 }, (_, index) => `x${index}`);
    const outcomes = await Promise.allSettled(ids.map((id) => world.hold(id, 1n)));
    process.kill(server.pid, "SIGCONT");
    for (const outcome of outcomes) {
      assert.ok(outcome.status === "rejected" && SluiceError.from(outcome.reason).code === "unavailable");
    }
    await eventually(async () => assert.equal((await world.ledger.status({})).closedReason, ""));
    assert.equal((await world.hold("y", 1n)).outcome?.$case, "granted");
    // The same run with the same history: nothing had to be rebuilt.
    assert.equal((await world.ledger.status({})).rebuilds, 1n);
  });

  test("what is settled while balances are rebuilt is counted once", async () => {
    await situation();
    await server.kill();
    await world.metered("b", 20n);
    rmSync(DATA, { recursive: true });
    await server.restart();
    await world.metered("c", 30n);
    await eventually(async () => {
      const { spent, held, posted } = await world.key();
      assert.deepEqual([spent, held, posted], [55_000n, 0n, 55_000n]);
    });
    assert.equal((await world.ledger.status({})).differingAccounts, 0n);
  });
});

describe("another Redis behind the same address", () => {
  test("failed over to a replica that lags: its balances are not believed", async (context) => {
    const { host, port, password } = server;
    const other = await startRedis({ password });
    context.after(() => other.stop());
    const replica = await connectRedis({ host, port: other.port, password });
    context.after(() => replica.disconnect());
    const proxy = await startProxy(port);
    context.after(() => proxy.close());
    const through = await connectRedis({ host, port: proxy.port, password });
    context.after(() => through.disconnect());
    await world.close();
    world = await open(through);
    await world.limit(100_000n);
    await world.granted("a", 10n);
    await replica.config("SET", "masterauth", password);
    await replica.replicaof(host, port);
    // A server that gets its first replica begins a history of its own, which alone is a reason to look at the books.
    await eventually(async () => assert.equal(await replica.get("sluice:holds:epoch"), "2"));
    await replica.replicaof("NO", "ONE");
    await situation();
    proxy.switchTo(other.port);
    await assertRebuilt(2n);
  });

  test("a replica admits nothing, and says what is waited for", async (context) => {
    const { host, port, password } = server;
    const other = await startRedis({ password });
    context.after(() => other.stop());
    const replica = await connectRedis({ host, port: other.port, password });
    context.after(() => replica.disconnect());
    const proxy = await startProxy(port);
    context.after(() => proxy.close());
    const through = await connectRedis({ host, port: proxy.port, password });
    context.after(() => through.disconnect());
    await world.close();
    world = await open(through);
    await situation();
    await replica.config("SET", "masterauth", password);
    await replica.replicaof(host, port);
    proxy.switchTo(other.port);
    await isUnavailable(world.hold("x", 1n));
    await eventually(async () => assert.match((await world.ledger.status({})).closedReason, /waiting for the master/));
    await isUnavailable(world.hold("x", 1n));
    proxy.switchTo(port);
    // The same server, the same run, the same history: nothing has to be rebuilt.
    await eventually(async () => assert.equal((await world.ledger.status({})).closedReason, ""));
    assert.equal((await world.key()).held, 50_000n);
  });
});

describe("settings that lose holds", () => {
  test("a Redis that does not sync each write is refused with the setting's name", async () => {
    await world.stop();
    await redis.config("SET", "appendfsync", "everysec");
    const refused = await world.start().catch((error: unknown) => SluiceError.from(error).message);
    await redis.config("SET", "appendfsync", "always");
    assert.match(String(refused), /appendfsync is everysec and must be always/);
    await world.start();
  });

  test("a Redis that does not tell is refused, unless the configuration says that it is known", async () => {
    await world.stop();
    await redis.call("ACL", "SETUSER", "default", "-config");
    const refused = await world.start().catch((error: unknown) => SluiceError.from(error).message);
    const folder = temporaryDirectory("fence");
    const database = { kind: "sqlite", file: join(folder, "ledger.db") } as const;
    const other = new LedgerWorld({ database, redis, config: { redis_unchecked: true } });
    await other.start().finally(() => redis.call("ACL", "SETUSER", "default", "+config"));
    assert.match(String(refused), /redis_unchecked/);
    assert.equal((await other.hold("a", 1n)).outcome?.$case, "granted");
    await other.close();
    await world.start();
  });
});

// needs: nats
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { eventually, startNode } from "../harness/index.ts";
import { busKillSuite } from "./bus-kill-suite.ts";
import { collect, done, metered, range, startWorld } from "./bus-world.ts";

const STREAM = "SLUICE_ATTEMPTS";

busKillSuite("jetstream");

describe("the jetstream bus without its server", () => {
  test("starts, takes facts, and sends them in order when the server comes", async (t) => {
    const world = await startWorld("jetstream");
    t.after(() => world.stop());
    await world.nats?.kill();
    const bus = await world.open();
    const seen: string[] = [];
    const consumer = await bus.consume({
      stream: STREAM,
      durable: "ledger-late",
      types: ["attempt.metered"],
      batchSize: 50,
      handle: async (batch) => {
        seen.push(...batch.map(({ id }) => id));
        return batch.map(() => done);
      },
    });
    await Promise.all(range(1, 2_000).map((n) => bus.publish(metered(n))));
    assert.deepEqual([bus.health().connected, bus.health().outboxFacts], [false, 2_000]);
    assert.equal(await consumer.lag(), undefined);
    await world.nats?.restart();
    await eventually(() => seen.length >= 2_000);
    assert.deepEqual(
      seen,
      range(1, 2_000).map((n) => `att_${n}`),
    );
    assert.equal(bus.health().outboxFacts, 0);
  });

  test("sends what a killed process left in its outbox", async (t) => {
    const world = await startWorld("jetstream");
    t.after(() => world.stop());
    await world.nats?.kill();
    const task = { bus: world.options, role: "publish", first: 1, last: 64, dieAt: 64 };
    const child = startNode(join(import.meta.dirname, "bus-child.ts"), { args: [JSON.stringify(task)] });
    assert.equal((await child.exited).signal, "SIGKILL", child.stderr());
    await world.nats?.restart();
    const bus = await world.open();
    assert.equal(bus.health().outboxFacts, 64);
    await eventually(() => bus.health().outboxFacts === 0);
    const stored = await collect(bus.read({ stream: STREAM, untilEnd: true }));
    assert.deepEqual(
      stored.map(({ id }) => id),
      range(1, 64).map((n) => `att_${n}`),
    );
  });

  test("loses and doubles nothing while the server is killed again and again", async (t) => {
    const world = await startWorld("jetstream");
    t.after(() => world.stop());
    const bus = await world.open();
    const effects = new Map<string, number>();
    const consumer = await bus.consume({
      stream: STREAM,
      durable: "ledger-storm",
      types: ["attempt.metered"],
      batchSize: 20,
      handle: async (batch) => {
        for (const { id } of batch) effects.set(id, (effects.get(id) ?? 0) + 1);
        return batch.map(() => done);
      },
    });
    const read: string[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const { id } of bus.read({ stream: STREAM, signal: stop.signal })) read.push(id);
    })();
    let published = 0;
    for (const round of range(1, 4)) {
      for (const _ of range(1, 10)) {
        await Promise.all(range(published + 1, published + 50).map((n) => bus.publish(metered(n))));
        published += 50;
      }
      await eventually(() => effects.size > (round - 1) * 400);
      await world.nats?.kill();
      await Promise.all(range(published + 1, published + 50).map((n) => bus.publish(metered(n))));
      published += 50;
      await world.nats?.restart();
    }
    await eventually(() => effects.size === published, { timeoutMs: 60_000 });
    await eventually(async () => assert.equal(await consumer.lag(), 0), { timeoutMs: 60_000 });
    await eventually(() => read.length >= published);
    stop.abort();
    await reading;
    const stored = (await collect(bus.read({ stream: STREAM, untilEnd: true }))).map(({ id }) => id);
    const expected = range(1, published).map((n) => `att_${n}`);
    assert.deepEqual(stored, expected);
    assert.deepEqual(read, expected);
  });
});

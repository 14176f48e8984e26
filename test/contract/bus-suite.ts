import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import {
  type Bus,
  type DeliveredEvent,
  type HandlerOutcome,
  type OutgoingEvent,
  payloadOf,
} from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { eventually } from "../harness/index.ts";
import { type BusShape, type BusWorld, collect, done, metered, range, started, startWorld } from "./bus-world.ts";

const STREAM = "SLUICE_ATTEMPTS";
const METERED = ["attempt.metered"] as const;

/** What every bus does, whatever stores its facts. */
export function busSuite(shape: BusShape): void {
  describe(`the ${shape} bus`, () => {
    testDelivery(shape);
    testOutcomes(shape);
    testReading(shape);
    testRefusals(shape);
    testPositions(shape);
  });
}

async function world(t: TestContext, shape: BusShape): Promise<{ world: BusWorld; bus: Bus }> {
  const started = await startWorld(shape);
  t.after(() => started.stop());
  return { world: started, bus: await started.open() };
}

/** A consumer that keeps what it saw and answers with `outcome`. */
async function watch(
  bus: Bus,
  durable: string,
  outcome: (event: DeliveredEvent) => HandlerOutcome = () => done,
  more: { batchSize?: number; maxDeliveries?: number } = {},
) {
  const seen: DeliveredEvent[] = [];
  const consumer = await bus.consume({
    stream: STREAM,
    durable,
    types: METERED,
    batchSize: 10,
    ...more,
    handle: async (batch) => {
      seen.push(...batch);
      return batch.map(outcome);
    },
  });
  return { seen, consumer, ids: () => seen.map(({ id }) => id) };
}

function testPositions(shape: BusShape): void {
  test("what was published before a moment is known to be handled while newer facts wait and others are repeated", async (t) => {
    const { bus } = await world(t, shape);
    const later: HandlerOutcome = { kind: "retry", afterMs: 60_000, reason: "later" };
    const { seen, consumer } = await watch(bus, "ledger-handled", ({ id }) => (id === "att_4" ? later : done));
    await publishAll(bus, [1, 2, 3]);
    await eventually(async () => assert.equal(await consumer.lag(), 0));
    const before = (await consumer.head()) ?? 0n;
    assert.equal(before, 3n);
    await publishAll(bus, [4]);
    await eventually(() => seen.length === 4);
    await publishAll(bus, [5]);
    await eventually(() => seen.length === 5);
    await eventually(async () => assert.equal(await consumer.lag(), 1));
    assert.equal(await consumer.handled(before), true);
    assert.equal(await consumer.handled(4n), false);
    assert.equal(await consumer.handled((await consumer.head()) ?? 0n), false);
  });
}

const idsOf = (numbers: readonly number[]) => numbers.map((n) => `att_${n}`);

async function publishAll(bus: Bus, numbers: readonly number[]): Promise<void> {
  await Promise.all(numbers.map((n) => bus.publish(metered(n))));
}

function testDelivery(shape: BusShape): void {
  test("delivers facts whole and in order", async (t) => {
    const { bus } = await world(t, shape);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await bus.publish({ ...metered(2 ** 40), traceparent });
    await publishAll(bus, range(1, 500));
    const { seen, ids } = await watch(bus, "ledger-all", undefined, { batchSize: 64 });
    await eventually(() => seen.length >= 501);
    assert.deepEqual(ids(), idsOf([2 ** 40, ...range(1, 500)]));
    assert.deepEqual(
      seen.map(({ sequence }) => sequence),
      range(1, 501).map(BigInt),
    );
    const [first] = seen;
    assert.ok(first);
    assert.equal(first.traceparent, traceparent);
    assert.equal(first.subject, "sluice.attempt.metered.org_a");
    assert.equal(first.tenant, "org_a");
    assert.equal(first.deliveries, 1);
    assert.ok(Math.abs(Date.now() - first.storedAt) < 60_000);
    assert.equal(payloadOf(first, "attempt.metered").startedAtMs, 2n ** 40n);
    assert.throws(() => payloadOf(first, "hold.placed"), /not hold.placed/);
  });

  test("drops repeats of a fact, but not another fact about the same attempt", async (t) => {
    const { bus } = await world(t, shape);
    await Promise.all([bus.publish(metered(1)), bus.publish(metered(1)), bus.publish(started(1))]);
    await bus.publish(metered(1));
    await bus.publish(metered(2));
    const all = async () => collect(bus.read({ stream: STREAM, untilEnd: true }));
    await eventually(async () => (await all()).some(({ id }) => id === "att_2"));
    assert.deepEqual(
      (await all()).map(({ id, type }) => `${id} ${type}`),
      ["att_1 attempt.metered", "att_1 attempt.started", "att_2 attempt.metered"],
    );
  });

  test("gives each durable all facts from the start, and each keeps its own position", async (t) => {
    const { world: storage, bus } = await world(t, shape);
    await publishAll(bus, range(1, 20));
    const a = await watch(bus, "ledger-a");
    await eventually(() => a.seen.length === 20);
    await eventually(async () => assert.equal(await a.consumer.lag(), 0));
    await a.consumer.stop();
    await bus.close();

    const reopened = await storage.open();
    await publishAll(reopened, range(21, 30));
    const [a2, b] = await Promise.all([watch(reopened, "ledger-a"), watch(reopened, "ledger-b")]);
    await eventually(() => a2.seen.length >= 10 && b.seen.length >= 30);
    assert.deepEqual(a2.ids(), idsOf(range(21, 30)));
    assert.deepEqual(b.ids(), idsOf(range(1, 30)));
  });

  test("hands a consumer its types only", async (t) => {
    const { bus } = await world(t, shape);
    for (const n of range(1, 10)) {
      await bus.publish(started(n));
      await bus.publish(metered(n));
    }
    const both: string[] = [];
    await bus.consume({
      stream: STREAM,
      durable: "ledger-both",
      types: ["attempt.metered", "attempt.finished"],
      batchSize: 3,
      handle: async (batch) => {
        both.push(...batch.map(({ id }) => id));
        return batch.map(() => done);
      },
    });
    const one = await watch(bus, "ledger-one");
    await eventually(() => both.length === 10 && one.seen.length === 10);
    await eventually(async () => assert.equal(await one.consumer.lag(), 0));
    assert.deepEqual(both, idsOf(range(1, 10)));
  });
}

function testOutcomes(shape: BusShape): void {
  test("delivers a retried fact again, not before its time, and the others go on", async (t) => {
    const { bus } = await world(t, shape);
    await publishAll(bus, range(1, 5));
    let retriedAt = 0;
    let againAt = 0;
    const retry = { kind: "retry", afterMs: 300, reason: "later" } as const;
    const { seen, ids } = await watch(bus, "ledger-retry", (event) => {
      if (event.id !== "att_2") return done;
      if (event.deliveries === 1) retriedAt = performance.now();
      else againAt = performance.now();
      return event.deliveries === 1 ? retry : done;
    });
    await eventually(() => seen.length === 6);
    assert.deepEqual(ids(), idsOf([1, 2, 3, 4, 5, 2]));
    assert.equal(seen[5]?.deliveries, 2);
    assert.ok(againAt - retriedAt >= 295, `came back after ${againAt - retriedAt} ms`);
  });

  test("repeats the whole batch after a throw", async (t) => {
    const { bus } = await world(t, shape);
    await publishAll(bus, range(1, 3));
    let calls = 0;
    const applied = new Set<string>();
    const consumer = await bus.consume({
      stream: STREAM,
      durable: "ledger-throw",
      types: METERED,
      batchSize: 10,
      handle: async (batch) => {
        calls += 1;
        if (calls <= 2) throw new Error("the database is away");
        for (const { id } of batch) applied.add(id);
        return batch.map(() => done);
      },
    });
    await eventually(async () => assert.equal(await consumer.lag(), 0));
    assert.deepEqual([...applied].sort(), idsOf([1, 2, 3]));
  });

  test("sends dropped facts, and those tried too often, to the dead letters", async (t) => {
    const { bus } = await world(t, shape);
    await publishAll(bus, range(1, 3));
    const outcome = ({ id }: DeliveredEvent): HandlerOutcome => {
      if (id === "att_1") return { kind: "drop", reason: "nonsense\nin two lines" };
      return id === "att_2" ? { kind: "retry", afterMs: 1, reason: "never works" } : done;
    };
    const { seen, consumer } = await watch(bus, "ledger-drop", outcome, { maxDeliveries: 3 });
    await eventually(async () => assert.equal(await consumer.lag(), 0));
    assert.equal(seen.filter(({ id }) => id === "att_2").length, 3);
    const letters = await collect(bus.read({ stream: "SLUICE_DEAD", untilEnd: true }));
    assert.deepEqual(
      letters.map(({ id, type, subject, tenant, dead }) => [id, type, subject, tenant, dead?.stream, dead?.durable]),
      ["att_1", "att_2"].map((id) => [
        id,
        "attempt.metered",
        "sluice.dead.ledger-drop",
        "org_a",
        STREAM,
        "ledger-drop",
      ]),
    );
    assert.match(letters[0]?.dead?.reason ?? "", /^nonsense\s+in two lines$/);
    assert.equal(letters[0]?.dead?.sequence, "1");
    assert.equal(letters[0] && payloadOf(letters[0], "attempt.metered").startedAtMs, 1n);
  });

  test("counts what a consumer has not handled, including retries and what is in its hands", async (t) => {
    const { bus } = await world(t, shape);
    await publishAll(bus, range(1, 7));
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const consumer = await bus.consume({
      stream: STREAM,
      durable: "ledger-lag",
      types: METERED,
      batchSize: 2,
      handle: async (batch) => {
        await gate;
        return batch.map((event) =>
          event.id === "att_7" ? { kind: "retry", afterMs: 3_600_000, reason: "much later" } : done,
        );
      },
    });
    await eventually(async () => assert.equal(await consumer.lag(), 7));
    await bus.publish(metered(8));
    await eventually(async () => assert.equal(await consumer.lag(), 8));
    open?.();
    await eventually(async () => assert.equal(await consumer.lag(), 1));
  });
}

function testReading(shape: BusShape): void {
  test("reads from any position, by type and by tenant, to the end", async (t) => {
    const { bus } = await world(t, shape);
    for (const n of range(1, 6)) await bus.publish(n % 2 ? metered(n, "org_a") : started(n, "org_b"));
    const ids = async (options: object) =>
      (await collect(bus.read({ stream: STREAM, untilEnd: true, ...options }))).map(({ id }) => id);
    await eventually(async () => assert.deepEqual(await ids({}), idsOf(range(1, 6))));
    assert.deepEqual(await ids({ from: 4n }), idsOf([4, 5, 6]));
    assert.deepEqual(await ids({ types: METERED }), idsOf([1, 3, 5]));
    assert.deepEqual(await ids({ types: ["attempt.finished"] }), []);
    assert.deepEqual(await ids({ tenant: "org_b" }), idsOf([2, 4, 6]));
    assert.deepEqual(await ids({ types: METERED, tenant: "org_b" }), []);
    assert.deepEqual(await ids({ from: 100n }), []);
    assert.deepEqual(await ids({ from: "new" }), []);
    assert.deepEqual(await collect(bus.read({ stream: "SLUICE_LEDGER", untilEnd: true })), []);
    assert.deepEqual(await ids({ types: ["hold.ended"] }), [], "a type that another stream has ends the reading, too");
  });

  test("reads from a moment on", async (t) => {
    const { bus } = await world(t, shape);
    await publishAll(bus, range(1, 300));
    const stored = async () => await collect(bus.read({ stream: STREAM, untilEnd: true }));
    await eventually(async () => (await stored()).length === 300);
    const last = (await stored()).at(-1)?.storedAt ?? 0;
    await eventually(() => Date.now() > last);
    await publishAll(bus, range(301, 310));
    await eventually(async () => (await stored()).length === 310);
    const all = await stored();
    const since = async (fromTime: number, options: object = {}) =>
      await collect(bus.read({ stream: STREAM, untilEnd: true, fromTime, ...options }));
    // Every moment at which a fact was stored, the ones around it, and both ends of time.
    const moments = new Set(all.flatMap(({ storedAt }) => [storedAt - 1, storedAt, storedAt + 1]));
    for (const moment of [0, ...moments, last + 3_600_000]) {
      const expected = all.filter(({ storedAt }) => storedAt >= moment).map(({ id }) => id);
      assert.deepEqual(
        (await since(moment)).map(({ id }) => id),
        expected,
      );
    }
    assert.deepEqual(
      (await since(last + 1)).map(({ id }) => id),
      idsOf(range(301, 310)),
    );
    assert.deepEqual(await since(last + 1, { types: ["attempt.finished"] }), []);
    assert.equal((await since(last + 1, { types: METERED })).length, 10);
    assert.equal((await since(0, { from: 306n })).length, 5);
    assert.equal((await since(last + 1, { from: 1n })).length, 10);
    const stop = new AbortController();
    const followed: string[] = [];
    for await (const { id } of bus.read({ stream: STREAM, fromTime: last + 1, signal: stop.signal })) {
      if (followed.push(id) === 10) await bus.publish(metered(311));
      if (followed.length === 11) stop.abort();
    }
    assert.deepEqual(followed, idsOf(range(301, 311)));
  });

  test("follows a stream until it is told to stop", async (t) => {
    const { bus } = await world(t, shape);
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { id } of bus.read({ stream: STREAM, signal: stop.signal })) seen.push(id);
    })();
    await publishAll(bus, range(1, 600));
    await eventually(() => seen.length === 600);
    await bus.publish(metered(601));
    await eventually(() => seen.length === 601);
    stop.abort();
    await reading;
    assert.deepEqual(seen, idsOf(range(1, 601)));
  });
}

const hasCode = (code: string) => (error: unknown) => error instanceof SluiceError && error.code === code;

async function refused(bus: Bus, event: OutgoingEvent): Promise<boolean> {
  try {
    await bus.publish(event);
    return false;
  } catch (error) {
    assert.ok(hasCode("overloaded")(error), String(error));
    return true;
  }
}

function testRefusals(shape: BusShape): void {
  test("refuses what is not a fact", async (t) => {
    const { bus } = await world(t, shape);
    const good = metered(1);
    await assert.rejects(bus.publish({ ...good, tenant: "Org.A" }), hasCode("internal"));
    await assert.rejects(bus.publish({ ...good, id: "a b" }), hasCode("internal"));
    await assert.rejects(bus.publish({ ...good, type: "attempt.dreamt" as "attempt.metered" }), hasCode("internal"));
    await assert.rejects(
      bus.publish({ ...good, payload: { ...good.payload, ending: "x".repeat(1_000_001) } }),
      hasCode("payload_too_large"),
    );
    await assert.rejects(watch(bus, "Not A Durable"), hasCode("internal"));
    const badStream = bus.consume({ stream: "NONE", durable: "a", types: [], batchSize: 1, handle: async () => [] });
    await assert.rejects(badStream, hasCode("not_found"));
    await watch(bus, "ledger-twice");
    await assert.rejects(watch(bus, "ledger-twice"), hasCode("conflict"));
  });

  test("answers overloaded at its bound, to new work before records, and recovers", async (t) => {
    const { world: storage, bus } = await world(t, shape);
    await bus.close();
    await storage.nats?.kill();
    const bound = shape === "embedded" ? { maxBytes: 800_000 } : { outboxMaxBytes: 800_000 };
    const small = await storage.open(bound);
    const large = (n: number) => ({ ...metered(n), payload: { ...metered(n).payload, ending: "x".repeat(2_000) } });
    let refusedNewWorkAt = 0;
    let stored = 0;
    const fill = async () => {
      for (let n = 1; n < 2_000; n++) {
        const newWork = { ...large(100_000 + n), priority: "admission" as const };
        if (refusedNewWorkAt === 0 && (await refused(small, newWork))) refusedNewWorkAt = n;
        await small.publish(large(n));
        stored = n;
      }
    };
    await assert.rejects(fill(), hasCode("overloaded"));
    assert.ok(refusedNewWorkAt > 0 && refusedNewWorkAt < stored, `${refusedNewWorkAt} of ${stored}`);
    assert.ok(small.health().outboxFullness > 0.9);
    await small.close(0);

    await storage.nats?.restart();
    const roomy = await storage.open();
    await roomy.publish(large(5_000));
    await eventually(() => roomy.health().connected && roomy.health().outboxFacts === 0);
    const kept = await collect(roomy.read({ stream: STREAM, untilEnd: true }));
    const records = kept.filter(({ id }) => Number(id.slice(4)) < 10_000).map(({ id }) => id);
    assert.deepEqual(records, idsOf([...range(1, stored), 5_000]));
  });

  test("refuses a second process, and everything after its end", async (t) => {
    const { world: storage, bus } = await world(t, shape);
    await assert.rejects(storage.open(), hasCode("unavailable"));
    await bus.close();
    await assert.rejects(bus.publish(metered(1)), hasCode("unavailable"));
    await bus.close();
  });
}

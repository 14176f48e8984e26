import assert from "node:assert/strict";
import { test } from "node:test";
import { SILENT_LOG } from "./bus-log.ts";
import { type Batch, type BatchSource, backoffMs, ConsumerRunner, type Settlement } from "./consumer-runner.ts";
import type { ConsumerOptions, DeliveredEvent, HandlerOutcome } from "./types.ts";

const fact = (id: string, deliveries = 1): DeliveredEvent => ({
  stream: "SLUICE_ATTEMPTS",
  subject: "sluice.attempt.metered.org_a",
  sequence: 1n,
  id,
  type: "attempt.metered",
  tenant: "org_a",
  storedAt: 0,
  deliveries,
  json: "{}",
});

/** Hands out one batch and resolves with what it was settled with. */
async function settlementsOf(
  events: readonly DeliveredEvent[],
  handle: ConsumerOptions["handle"],
  options: { maxDeliveries?: number; failSettles?: number } = {},
): Promise<readonly Settlement[]> {
  let failures = options.failSettles ?? 0;
  let given = false;
  let release: (() => void) | undefined;
  const settled = new Promise<readonly Settlement[]>((resolve) => {
    const batch: Batch = {
      events,
      settle: async (settlements) => {
        if (failures-- > 0) throw new Error("not now");
        resolve(settlements);
      },
    };
    const source: BatchSource = {
      next: async () => {
        if (!given) {
          given = true;
          return batch;
        }
        await new Promise<void>((wake) => {
          release = wake;
        });
        return undefined;
      },
      lag: async () => 0,
      head: async () => 0n,
      handled: async () => true,
      stop: () => release?.(),
    };
    const { maxDeliveries } = options;
    const consumer: ConsumerOptions = {
      stream: "SLUICE_ATTEMPTS",
      durable: "d",
      types: ["attempt.metered"],
      batchSize: 10,
      handle,
      ...(maxDeliveries === undefined ? {} : { maxDeliveries }),
    };
    const runner = new ConsumerRunner(consumer, source, SILENT_LOG);
    void stopWhen(() => settled, runner);
  });
  return settled;
}

async function stopWhen(settled: () => Promise<unknown>, runner: ConsumerRunner): Promise<void> {
  await Promise.resolve();
  await settled();
  await runner.stop();
}

test("an outcome becomes its settlement, in order", async () => {
  const outcomes: HandlerOutcome[] = [
    { kind: "done" },
    { kind: "retry", afterMs: 50, reason: "later" },
    { kind: "drop", reason: "broken" },
  ];
  const settled = await settlementsOf([fact("a"), fact("b"), fact("c")], async () => outcomes);
  assert.deepEqual(settled, [{ kind: "done" }, { kind: "retry", afterMs: 50 }, { kind: "dead", reason: "broken" }]);
});

test("a throw retries every fact with growing waits", async () => {
  const settled = await settlementsOf([fact("a", 1), fact("b", 4)], async () => {
    throw new Error("away");
  });
  assert.deepEqual(settled, [
    { kind: "retry", afterMs: 100 },
    { kind: "retry", afterMs: 800 },
  ]);
});

test("an answer with too few outcomes acknowledges nothing", async () => {
  const settled = await settlementsOf([fact("a"), fact("b")], async () => [{ kind: "done" }]);
  assert.deepEqual(
    settled.map(({ kind }) => kind),
    ["retry", "retry"],
  );
});

test("the last allowed delivery goes to the dead letters with the handler's reason", async () => {
  const handle = async () => [{ kind: "retry", afterMs: 1, reason: "still broken" } as const];
  const settled = await settlementsOf([fact("a", 3)], handle, { maxDeliveries: 3 });
  assert.deepEqual(settled, [{ kind: "dead", reason: "still broken" }]);
});

test("a position that cannot be written is tried again without handling the facts again", async () => {
  let calls = 0;
  const handle = async () => {
    calls += 1;
    return [{ kind: "done" } as const];
  };
  await settlementsOf([fact("a")], handle, { failSettles: 2 });
  assert.equal(calls, 1);
});

test("waits double up to half a minute", () => {
  assert.deepEqual([1, 2, 3, 9, 10, 1_000].map(backoffMs), [100, 200, 400, 25_600, 30_000, 30_000]);
});

test("a consumer rests after a batch that was not full, not after a full one, and a stop ends its rest", async () => {
  let asked = 0;
  const sizes = [2, 2, 1];
  const source: BatchSource = {
    next: async () => {
      asked += 1;
      const size = sizes.shift() ?? 0;
      return { events: Array.from({ length: size }, (_, n) => fact(`f${n}`)), settle: async () => undefined };
    },
    lag: async () => 0,
    head: async () => 0n,
    handled: async () => true,
    stop: () => undefined,
  };
  const runner = new ConsumerRunner(
    {
      stream: "SLUICE_ATTEMPTS",
      durable: "d",
      types: ["attempt.metered"],
      batchSize: 2,
      restMs: 60_000,
      handle: async (batch) => batch.map((): HandlerOutcome => ({ kind: "done" })),
    },
    source,
    SILENT_LOG,
  );
  while (sizes.length > 0) await new Promise((resolve) => setImmediate(resolve));
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked, 3);
  await runner.stop();
  assert.equal(asked, 3);
});

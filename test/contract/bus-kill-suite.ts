import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type NodeChild, startNode, temporaryDirectory, waitFor } from "../harness/index.ts";
import type { ChildTask } from "./bus-child.ts";
import { type BusShape, type BusWorld, collect, metered, range, startWorld } from "./bus-world.ts";

const CHILD = join(import.meta.dirname, "bus-child.ts");
const STREAM = "SLUICE_ATTEMPTS";
const COUNT = 400;
const SUM = (COUNT * (COUNT + 1)) / 2;

/** What survives kill -9 between any two steps of a fact's way. */
export function busKillSuite(shape: BusShape): void {
  describe(`the ${shape} bus under kill -9`, () => {
    test("keeps every fact it called durable, once, when its publisher dies", async (t) => {
      const world = await startedWorld(t, shape);
      let durable = 0;
      for (const dieAt of [40, 96, 8, undefined]) {
        const child = start(world, { role: "publish", first: durable + 1, last: COUNT, ...(dieAt ? { dieAt } : {}) });
        const { signal } = await child.exited;
        assert.equal(signal, dieAt ? "SIGKILL" : null, child.stderr());
        durable = lastDurable(child) ?? durable;
      }
      assert.equal(durable, COUNT);
      await assertStored(world, range(1, COUNT));
    });

    test("keeps every fact it called durable when the publisher is killed at any moment", async (t) => {
      const world = await startedWorld(t, shape);
      const child = start(world, { role: "publish", first: 1, last: 1_000_000 });
      await child.line(/^durable (\d{4})$/);
      await child.kill();
      const durable = lastDurable(child) ?? 0;
      const bus = await world.open();
      const ids = await waitFor(async () => {
        const stored = await collect(bus.read({ stream: STREAM, untilEnd: true }));
        return stored.length >= durable && bus.health().outboxFacts === 0 && stored.map(({ id }) => id);
      });
      assert.deepEqual(
        ids,
        range(1, ids.length).map((n) => `att_${n}`),
      );
    });

    test("repeats what a dead consumer had not acknowledged, and nothing is lost or doubled", async (t) => {
      const world = await startedWorld(t, shape);
      const bus = await world.open();
      await Promise.all(range(1, COUNT).map((n) => bus.publish(metered(n))));
      await bus.close(30_000);
      const effects = join(temporaryDirectory("effects"), "effects.db");
      for (const dieAt of [1, 7, 60, 130]) {
        const child = start(world, { role: "consume", effects, dieAt });
        const { signal } = await child.exited;
        assert.equal(signal, "SIGKILL", child.stderr());
      }
      const child = start(world, { role: "consume", effects });
      // What died unacknowledged comes back on JetStream after its acknowledgement time.
      await child.line(new RegExp(`^effects ${COUNT} sum ${SUM} lag 0$`), 90_000);
      await child.end();
    });
  });
}

async function startedWorld(t: TestContext, shape: BusShape): Promise<BusWorld> {
  const world = await startWorld(shape);
  t.after(() => world.stop());
  return world;
}

function start(world: BusWorld, task: Omit<ChildTask, "bus">): NodeChild {
  return startNode(CHILD, { args: [JSON.stringify({ bus: world.options, ...task })] });
}

function lastDurable(child: NodeChild): number | undefined {
  const lines = [...child.stdout().matchAll(/^durable (\d+)$/gm)];
  const last = lines.at(-1)?.[1];
  return last === undefined ? undefined : Number(last);
}

async function assertStored(world: BusWorld, numbers: readonly number[]): Promise<void> {
  const bus = await world.open();
  const stored = await collect(bus.read({ stream: STREAM, untilEnd: true }));
  const ids = stored.map(({ id }) => id);
  assert.deepEqual(
    ids,
    numbers.map((n) => `att_${n}`),
  );
  await bus.close();
}

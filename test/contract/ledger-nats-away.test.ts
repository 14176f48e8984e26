// needs: nats
import assert from "node:assert/strict";
import { join } from "node:path";
import { mock, test } from "node:test";
import { type Bus, openBus } from "@sluice/platform/bus";
import { AttemptMetered, AttemptStarted } from "@sluice/proto/events/v1/attempt_events";
import { eventually, startNats, temporaryDirectory } from "../harness/index.ts";
import { LedgerWorld, VERSION } from "./ledger-world.ts";

const TENANT = "acme";
const AWAY_MS = 30 * 60_000;
const GRACE_MS = 2_000;
/** Looks at a state that must not change, one for each round of expiry and more. */
const LOOKS = 30;

/** What an adapter says about an attempt, through an outbox of its own. */
async function say(bus: Bus, attemptId: string, outputTokens?: bigint): Promise<void> {
  const about = { attemptId, holdId: attemptId, tenantId: TENANT, provider: "sim", model: "exact" };
  if (outputTokens === undefined) {
    const payload = AttemptStarted.fromPartial(about);
    await bus.publish({ type: "attempt.started", id: attemptId, tenant: TENANT, payload });
    return;
  }
  const usage = { inputTokens: 0n, outputTokens };
  const payload = AttemptMetered.fromPartial({ ...about, priceVersion: VERSION, usage, ending: "completed" });
  await bus.publish({ type: "attempt.metered", id: attemptId, tenant: TENANT, payload });
}

test("NATS away for half an hour: nothing expires wrongly, nothing is lost, and what nobody tells of ends afterwards", async (t) => {
  const nats = await startNats();
  t.after(() => nats.stop());
  const busOptions = (name: string) => ({
    kind: "jetstream" as const,
    servers: [`${nats.host}:${nats.port}`],
    user: nats.user,
    password: nats.password,
    outboxFile: join(temporaryDirectory(name), "outbox.db"),
  });
  const file = join(temporaryDirectory("books"), "ledger.db");
  const world = new LedgerWorld({
    database: { kind: "sqlite", file },
    bus: busOptions("ledger-outbox"),
    config: { expiry_interval_ms: 10, expiry_grace_ms: GRACE_MS },
  });
  const adapter = await openBus(busOptions("adapter-outbox"));
  t.after(() => adapter.close());
  mock.timers.enable({ apis: ["Date"], now: Date.now() });
  t.after(() => mock.timers.reset());
  await world.start();
  t.after(() => world.close());

  for (const id of ["told", "told_late", "silent", "unstarted"]) await world.granted(id, 50n);
  for (const id of ["told", "told_late", "silent"]) await say(adapter, id);
  await eventually(async () => assert.equal((await world.ledger.status({})).consumerLag, 0n));

  await nats.kill();
  await eventually(() => assert.equal(world.bus.health().connected, false));
  await say(adapter, "told", 7n);
  await world.granted("placed_meanwhile", 50n);
  await say(adapter, "placed_meanwhile");
  await say(adapter, "placed_meanwhile", 9n);
  mock.timers.tick(AWAY_MS);
  let looks = 0;
  await eventually(async () => {
    assert.equal((await world.key()).openHolds, 5n, "no hold may end while nobody can tell of it");
    assert.ok(++looks >= LOOKS);
  });

  await nats.restart();
  await eventually(async () => {
    assert.deepEqual(
      new Map((await world.postings()).map(([id, kind, nanousd]) => [id, `${kind} ${nanousd}`])),
      told(),
    );
  });
  // Within the time adapters need to hand over what they kept, one more is told of; the others have nobody to tell.
  await say(adapter, "told_late", 8n);
  await eventually(async () => assert.equal((await world.postings()).length, 3));
  assert.equal((await world.key()).openHolds, 2n);
  mock.timers.tick(GRACE_MS + 1);
  await eventually(async () => assert.equal((await world.key()).openHolds, 0n));
  const postings = (await world.postings()).map(([id, kind, nanousd]) => `${id} ${kind} ${nanousd}`).sort();
  const all = [
    "told metered 7000",
    "placed_meanwhile metered 9000",
    "told_late metered 8000",
    "silent estimated 50000",
  ];
  assert.deepEqual(postings, all.sort());
  const { spent, posted, held } = await world.key();
  assert.deepEqual([spent, posted, held], [74_000n, 74_000n, 0n]);
});

function told(): Map<string, string> {
  return new Map([
    ["told", "metered 7000"],
    ["placed_meanwhile", "metered 9000"],
  ]);
}

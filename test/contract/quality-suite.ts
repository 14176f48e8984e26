import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Bus, openBus } from "@sluice/platform/bus";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import { createClient, openLocalChannel } from "@sluice/platform/rpc";
import { type DatabaseOptions, type Migrations, openDatabase } from "@sluice/platform/sql";
import { AttemptFinished } from "@sluice/proto/events/v1/attempt_events";
import { ResponseValidated } from "@sluice/proto/events/v1/verdict_events";
import { QualityServiceDefinition } from "@sluice/proto/quality/v1/quality_service";
import { qualityMonitorModule } from "@sluice/quality-monitor";
import { eventually, temporaryDirectory } from "../harness/index.ts";

const MINUTE = 1_789_999_980_000n;

/** The quality monitor over one kind of SQL store: counts per model and minute, from the streams alone. */
export function qualitySuite(kind: string, database: () => Promise<DatabaseOptions>): void {
  test(`counts per model and minute, repeated facts once, position kept over a restart (${kind})`, async (t) => {
    const directory = temporaryDirectory("quality");
    const bus = await openBus({ kind: "embedded", file: join(directory, "events.db") });
    t.after(() => bus.close());
    const options = await database();
    await publishAttempts(bus, [
      ["one", "delivered"],
      ["one", "failed"],
      ["two", "cancelled"],
    ]);
    const first = await start(bus, options, directory);
    await eventually(async () => {
      const { minutes } = await first.client.counts({ tenantId: "org_1", fromMs: 0n, toMs: 0n, model: "" });
      assert.equal(
        minutes.reduce((sum, { attempts }) => sum + attempts, 0n),
        3n,
      );
      assert.equal(
        minutes.reduce((sum, { verdictsFail, verdictsPass }) => sum + verdictsFail + verdictsPass, 0n),
        3n,
      );
    });
    await first.stop();
    await publishAttempts(bus, [
      ["one", "delivered"],
      ["one", "failed"],
      ["two", "cancelled"],
      ["two", "delivered"],
    ]);
    const second = await start(bus, options, directory);
    await eventually(async () => {
      const { minutes } = await second.client.counts({
        tenantId: "",
        fromMs: MINUTE,
        toMs: MINUTE + 60_000n,
        model: "a/two",
      });
      assert.equal(minutes.length, 1);
      const { attempts, succeeded, cancelled, failed, verdictsPass } = minutes[0] ?? assert.fail("no minute");
      assert.deepEqual([attempts, succeeded, cancelled, failed, verdictsPass], [2n, 1n, 1n, 0n, 2n]);
    });
    const { minutes } = await second.client.counts({ tenantId: "org_2", fromMs: 0n, toMs: 0n, model: "" });
    assert.deepEqual(minutes, [], "another tenant sees nothing");
    await second.stop();
  });
}

async function publishAttempts(bus: Bus, attempts: readonly (readonly [string, string])[]): Promise<void> {
  for (const [index, [model, outcome]] of attempts.entries()) {
    const attemptId = `att_${index}`;
    const common = { attemptId, requestId: "req_1", tenantId: "org_1", provider: "a", model };
    const finished = AttemptFinished.fromPartial({ ...common, outcome, durationMs: 10n, finishedAtMs: MINUTE + 5n });
    await bus.publish({ type: "attempt.finished", id: attemptId, tenant: "org_1", payload: finished });
    const verdict = { ...common, verdictId: attemptId, phase: "final", decision: "pass", validatedAtMs: MINUTE + 5n };
    await bus.publish({
      type: "response.validated",
      id: attemptId,
      tenant: "org_1",
      payload: ResponseValidated.fromPartial(verdict),
    });
  }
}

async function start(bus: Bus, options: DatabaseOptions, directory: string) {
  const opened: { close(): Promise<void> }[] = [];
  const running = await qualityMonitorModule.start({
    config: qualityMonitorModule.config.parse({ keep_days: 36_500 }),
    log: createLogger({ level: "silent", service: "quality-monitor" }),
    metrics: createMetrics({ processMetrics: false }),
    bus,
    directory,
    dataDirectory: directory,
    client: () => assert.fail("the monitor calls nobody"),
    database: async <Schema>(migrations: Migrations) => {
      const database = await openDatabase<Schema>(options, migrations);
      opened.push(database);
      return database;
    },
    databaseOptions: () => options,
    redis: async () => undefined,
    deriveKey: () => Buffer.alloc(32),
    httpAddress: () => undefined,
    processNotReady: () => [],
    durability: "process",
  } as Parameters<typeof qualityMonitorModule.start>[0]);
  const client = createClient(QualityServiceDefinition, openLocalChannel({ services: running.services, freeze: true }));
  const stop = async () => {
    await running.stop();
    await Promise.all(opened.map((database) => database.close()));
  };
  return { client, stop };
}

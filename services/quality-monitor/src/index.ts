import type { RunningService, ServiceContext, ServiceModule } from "@sluice/platform/module";
import { bind } from "@sluice/platform/rpc";
import { QualityServiceDefinition } from "@sluice/proto/quality/v1/quality_service";
import { type QualityMonitorConfig, qualityMonitorConfig } from "./config.ts";
import { attemptFinishedConsumer } from "./consumers/attempt-finished.ts";
import { responseValidatedConsumer } from "./consumers/response-validated.ts";
import { qualityService } from "./service.ts";
import { migrations, type QualitySchema } from "./store/schema.ts";
import { forgetBefore } from "./store/store.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The quality monitor: a consumer of the streams like any other, with its own position. */
export const qualityMonitorModule: ServiceModule<typeof qualityMonitorConfig> = {
  name: "quality-monitor",
  config: qualityMonitorConfig,
  owns: [QualityServiceDefinition],
  calls: [],
  start: startQualityMonitor,
};

async function startQualityMonitor(context: ServiceContext<QualityMonitorConfig>): Promise<RunningService> {
  const { db } = await context.database<QualitySchema>(migrations);
  const { batch_size: batchSize, keep_days: keepDays } = context.config;
  const consumers = await Promise.all([
    context.bus.consume(attemptFinishedConsumer(db, batchSize)),
    context.bus.consume(responseValidatedConsumer(db, batchSize)),
  ]);
  const forget = () => {
    forgetBefore(db, BigInt(Date.now() - keepDays * DAY_MS)).catch((error: unknown) => {
      context.log.warn({ err: error }, "old attempts not deleted");
    });
  };
  const timer = setInterval(forget, HOUR_MS);
  forget();
  return {
    services: [bind(QualityServiceDefinition, qualityService(db, Date.now))],
    notReady: () => undefined,
    drain: async () => undefined,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

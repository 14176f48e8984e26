import { resolve } from "node:path";
import type { RunningService, ServiceContext, ServiceModule } from "@sluice/platform/module";
import { type SimulatorConfig, simulatorConfig } from "./config.ts";
import { startSimulator } from "./simulator.ts";

export type { Bill, Outcome } from "./bills/bill-log.ts";
export { FAULTS, type FaultName } from "./models/faults.ts";
export { BASES, type Base } from "./models/model-name.ts";
export { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";

async function start(context: ServiceContext<SimulatorConfig>): Promise<RunningService> {
  const { config, log } = context;
  const simulator = await startSimulator({
    host: config.listen_host,
    port: config.listen_port,
    apiKey: context.deriveKey("simulator-api-key").toString("base64url"),
    ttftMs: config.ttft_ms,
    tokensPerSecond: config.tokens_per_second,
    pace: config.pace,
    bodyBytesMax: config.body_bytes_max,
    anyModel: config.any_model,
    billLogSize: config.bill_log_size,
    billLogFile: config.bill_log_file === undefined ? undefined : resolve(context.directory, config.bill_log_file),
  });
  log.info({ address: simulator.url }, "simulator listening");
  return {
    services: [],
    httpAddress: simulator.url,
    notReady: () => undefined,
    drain: (deadlineMs) => simulator.drain(deadlineMs),
    stop: () => simulator.close(),
  };
}

/** Stand-in for providers: real wire, invented answers, faults by model name, and a log of what it would bill. */
export const simulatorModule: ServiceModule<typeof simulatorConfig> = {
  name: "simulator",
  config: simulatorConfig,
  owns: [],
  calls: [],
  start,
};

import type { RunningService, ServiceContext, ServiceModule } from "@sluice/platform/module";
import { bind } from "@sluice/platform/rpc";
import { ValidatorServiceDefinition } from "@sluice/proto/validator/v1/validator_service";
import { type ValidatorConfig, validatorConfig } from "./config.ts";
import { validatorService } from "./service.ts";

/** The validator: judges what providers answered. */
export const validatorModule: ServiceModule<typeof validatorConfig> = {
  name: "validator",
  config: validatorConfig,
  owns: [ValidatorServiceDefinition],
  calls: [],
  start: startValidator,
};

async function startValidator(context: ServiceContext<ValidatorConfig>): Promise<RunningService> {
  const service = validatorService({
    bus: context.bus,
    log: context.log,
    defaultDeadlineMs: context.config.default_deadline_ms,
    now: Date.now,
    clock: () => performance.now(),
  });
  return {
    services: [bind(ValidatorServiceDefinition, service)],
    notReady: () => undefined,
    // A judgement takes microseconds and holds nothing: there is nothing to wait for.
    drain: async () => undefined,
    stop: async () => undefined,
  };
}

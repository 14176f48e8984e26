import type { RunningService, ServiceContext, ServiceModule } from "@sluice/platform/module";
import { bind } from "@sluice/platform/rpc";
import { ValidatorServiceDefinition } from "@sluice/proto/validator/v1/validator_service";
import { allChecks } from "./checks/registry.ts";
import { type ValidatorConfig, validatorConfig } from "./config.ts";
import { Schemas } from "./schema/schemas.ts";
import { validatorService } from "./service.ts";

const SCHEMA_DEPTH_MAX = 64;
const SCHEMA_VALUES_MAX = 10_000;

/** The validator: judges what providers answered. */
export const validatorModule: ServiceModule<typeof validatorConfig> = {
  name: "validator",
  config: validatorConfig,
  owns: [ValidatorServiceDefinition],
  calls: [],
  start: startValidator,
};

async function startValidator(context: ServiceContext<ValidatorConfig>): Promise<RunningService> {
  const { config } = context;
  const schemas = new Schemas({
    charsMax: config.schema_chars_max,
    depthMax: SCHEMA_DEPTH_MAX,
    valuesMax: SCHEMA_VALUES_MAX,
    keptMax: config.schemas_kept_max,
    compileMsMax: config.schema_compile_ms_max,
    validateMsMax: config.schema_validate_ms_max,
    assertFormats: config.schema_formats === "assert",
  });
  const service = validatorService({
    checks: allChecks(schemas),
    bus: context.bus,
    log: context.log,
    defaultDeadlineMs: config.default_deadline_ms,
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

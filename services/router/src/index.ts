import { newId } from "@sluice/platform/ids";
import { InFlight, type RunningService, type ServiceContext, type ServiceModule } from "@sluice/platform/module";
import { bind } from "@sluice/platform/rpc";
import { LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";
import { ProviderServiceDefinition } from "@sluice/proto/provider/v1/provider_service";
import { RouterServiceDefinition } from "@sluice/proto/router/v1/router_service";
import { ValidatorServiceDefinition } from "@sluice/proto/validator/v1/validator_service";
import { Catalog } from "./catalog/catalog.ts";
import { type RouterConfig, routerConfig } from "./config.ts";

import { routerService } from "./service.ts";

/** The router: decides, tries, has answers judged, delivers. */
export const routerModule: ServiceModule<typeof routerConfig> = {
  name: "router",
  config: routerConfig,
  owns: [RouterServiceDefinition],
  calls: [LedgerServiceDefinition, ProviderServiceDefinition, ValidatorServiceDefinition],
  start: startRouter,
};

async function startRouter(context: ServiceContext<RouterConfig>): Promise<RunningService> {
  const provider = context.client(ProviderServiceDefinition);
  const catalog = new Catalog({ provider, refreshMs: context.config.catalog_refresh_ms, log: context.log });
  const service = routerService(
    {
      config: context.config,
      ledger: context.client(LedgerServiceDefinition),
      provider,
      validator: context.client(ValidatorServiceDefinition),
      bus: context.bus,
      log: context.log,
      now: Date.now,
      newAttemptId: () => newId("att"),
    },
    catalog,
  );
  const inFlight = new InFlight();
  catalog.start();
  return {
    services: [bind(RouterServiceDefinition, { ...service, route: inFlight.counted(service.route) })],
    notReady: () => (catalog.known ? undefined : "the model catalogue has not been read yet"),
    drain: (deadlineMs) => inFlight.drain(deadlineMs),
    stop: async () => catalog.stop(),
  };
}

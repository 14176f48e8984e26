import type { ServiceModule } from "@sluice/platform/module";
import { IdentityServiceDefinition } from "@sluice/proto/identity/v1/identity_service";
import { LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";
import { ProviderServiceDefinition } from "@sluice/proto/provider/v1/provider_service";
import { QualityServiceDefinition } from "@sluice/proto/quality/v1/quality_service";
import { RouterServiceDefinition } from "@sluice/proto/router/v1/router_service";
import { identityConfig } from "./config.ts";
import { startIdentity } from "./start.ts";

/** Organisations, teams, users and keys, and the admin door. */
export const identityModule: ServiceModule<typeof identityConfig> = {
  name: "identity",
  config: identityConfig,
  owns: [IdentityServiceDefinition],
  calls: [LedgerServiceDefinition, ProviderServiceDefinition, RouterServiceDefinition, QualityServiceDefinition],
  start: startIdentity,
};

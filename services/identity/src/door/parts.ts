import type { Bus } from "@sluice/platform/bus";
import type { Logger } from "@sluice/platform/log";
import type { CallOptions, Client } from "@sluice/platform/rpc";
import type { LedgerServiceDefinition } from "@sluice/proto/ledger/v1/ledger_service";
import type { ProviderServiceDefinition } from "@sluice/proto/provider/v1/provider_service";
import type { QualityServiceDefinition } from "@sluice/proto/quality/v1/quality_service";
import type { RouterServiceDefinition } from "@sluice/proto/router/v1/router_service";
import type { IdentityConfig } from "../config.ts";
import type { Domain } from "../service.ts";

/** Services the door speaks to on behalf of its caller. */
export interface DoorClients {
  readonly ledger: Client<typeof LedgerServiceDefinition>;
  readonly providers: Client<typeof ProviderServiceDefinition>;
  readonly router: Client<typeof RouterServiceDefinition>;
  readonly quality: Client<typeof QualityServiceDefinition>;
}

/** Facts of the process that only its context knows. */
export interface ProcessFacts {
  readonly dataDirectory: string;
  httpAddress(service: string): string | undefined;
  /** Reasons why the process is not ready; empty when it is. */
  notReady(): readonly string[];
  /** Whether Redis is used, and what is wrong with its durability settings. */
  redis(): Promise<{ used: boolean; problem?: string }>;
}

/** Everything the routes stand on. */
export interface DoorParts {
  readonly domain: Domain;
  readonly clients: DoorClients;
  readonly bus: Bus;
  readonly log: Logger;
  readonly config: IdentityConfig;
  readonly facts: ProcessFacts;
}

/** Options of a call to another service: it ends with the caller's request or after the configured time. */
export function within(parts: DoorParts, signal: AbortSignal): CallOptions {
  return { deadlineMs: parts.config.call_timeout_ms, signal };
}

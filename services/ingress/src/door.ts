import type { Logger } from "@sluice/platform/log";
import type { Metrics } from "@sluice/platform/metrics";
import type { Client } from "@sluice/platform/rpc";
import type { IdentityServiceDefinition } from "@sluice/proto/identity/v1/identity_service";
import type { RouterServiceDefinition } from "@sluice/proto/router/v1/router_service";
import type { InFlightGate } from "./admission/in-flight-gate.ts";
import type { IngressConfig } from "./config.ts";
import type { KeptResponses } from "./kept/kept-responses.ts";
import type { KeyRing } from "./keys/key-ring.ts";
import type { SessionRing } from "./keys/session-ring.ts";
import type { DoorMeters } from "./meters.ts";

/** Something the door needs before it can answer; resolves to false while it is missing. */
export interface ReadinessCheck {
  /** Name of the service, all that an unauthenticated caller is told. */
  readonly service: string;
  ready(): Promise<boolean>;
}

/** What every endpoint works with. */
export interface Door {
  readonly config: IngressConfig;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "render">;
  readonly meters: DoorMeters;
  readonly keys: KeyRing;
  readonly sessions: SessionRing;
  readonly identity: Client<typeof IdentityServiceDefinition>;
  readonly router: Client<typeof RouterServiceDefinition>;
  readonly gate: InFlightGate;
  /** Undefined if configuration keeps no responses. */
  readonly kept: KeptResponses | undefined;
  readonly readiness: readonly ReadinessCheck[];
  /** Token /metrics asks for; undefined if it asks for none. */
  readonly metricsToken: string | undefined;
}

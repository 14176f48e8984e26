import { metricsToken } from "@sluice/platform/metrics";
import type { ServiceModule } from "@sluice/platform/module";
import { IdentityServiceDefinition } from "@sluice/proto/identity/v1/identity_service";
import { RouterServiceDefinition } from "@sluice/proto/router/v1/router_service";
import { InFlightGate } from "./admission/in-flight-gate.ts";
import { ingressConfig } from "./config.ts";
import { keepResponses } from "./kept/keep-responses.ts";
import { followControl } from "./keys/follow-control.ts";
import { KeyRing } from "./keys/key-ring.ts";
import { SessionRing } from "./keys/session-ring.ts";
import { listen } from "./listen.ts";
import { doorMeters } from "./meters.ts";
import { readinessChecks } from "./readiness.ts";
import { buildServer } from "./server.ts";

export type { IngressConfig } from "./config.ts";

/** The HTTP door: OpenAI-compatible requests in, canonical requests to the router, answers out. */
export const ingressModule: ServiceModule<typeof ingressConfig> = {
  name: "ingress",
  config: ingressConfig,
  owns: [],
  calls: [RouterServiceDefinition, IdentityServiceDefinition],

  async start(context) {
    const { config, log, metrics, bus } = context;
    const router = context.client(RouterServiceDefinition);
    const identity = context.client(IdentityServiceDefinition);
    const remembering = {
      identity,
      freshMs: config.key_cache_ms,
      unknownFreshMs: config.unknown_key_cache_ms,
      staleMaxMs: config.stale_key_max_ms,
      capacity: config.key_cache_entries,
      hearsRevocations: () => follower.hears(),
      now: Date.now,
    };
    const keys = new KeyRing(remembering);
    const sessions = new SessionRing(remembering);
    const follower = followControl({ bus, keys, sessions, log });
    const gate = new InFlightGate({
      total: config.max_in_flight,
      perKey: config.max_in_flight_per_key,
      bytes: config.in_flight_bytes_max,
    });
    const keeping = await keepResponses(context);
    const app = await buildServer({
      config,
      log,
      metrics,
      meters: doorMeters(metrics, () => gate.count),
      keys,
      sessions,
      identity,
      router,
      gate,
      kept: keeping?.kept,
      readiness: readinessChecks({ router, identity, bus }),
      metricsToken: config.metrics_auth === "none" ? undefined : await metricsToken(context.dataDirectory),
    });
    const httpAddress = await listen(app, config, log).catch(async (thrown: unknown) => {
      keeping?.stop();
      await Promise.all([app.close(), follower.stop()]);
      throw thrown;
    });

    return {
      services: [],
      httpAddress,
      notReady: () => (gate.draining ? "it is draining" : undefined),
      drain: (deadlineMs) => {
        app.server.close();
        return gate.drain(deadlineMs);
      },
      stop: async () => {
        await gate.drain(0);
        app.server.closeAllConnections();
        keeping?.stop();
        await Promise.all([app.close(), follower.stop()]);
      },
    };
  },
};

import { SluiceError } from "@sluice/platform/errors";
import type { RunningService, ServiceContext, ServiceModule } from "@sluice/platform/module";
import { bind } from "@sluice/platform/rpc";
import { ProviderServiceDefinition } from "@sluice/proto/provider/v1/provider_service";
import type { AttemptTools } from "./attempt/types.ts";
import { makeCatalog } from "./catalog.ts";
import { type ProviderAdapterConfig, providerAdapterConfig } from "./config.ts";
import { ledgerPostedConsumer } from "./consumers/ledger-posted.ts";
import { keepSigners, signerTools } from "./credentials/signers.ts";
import { Flights } from "./flights.ts";
import { openPools } from "./http/pools.ts";
import { systemClock } from "./http/watchdog.ts";
import { inspectStart } from "./inspect.ts";
import { makeLookUp } from "./look-up.ts";
import { adapterMetrics } from "./metrics.ts";
import { type CredentialOf, makePlanner } from "./plan.ts";
import type { Provider } from "./provider.ts";
import { configuredProviders } from "./providers/configured.ts";
import { SIMULATOR } from "./providers/registry.ts";
import { type CredentialStore, openCredentialStore } from "./secrets/store.ts";
import { providerService } from "./service.ts";

/** Longest wait, when stopping, for attempts that were closed to become metered. */
const SETTLE_MS = 5_000;

function missing(provider: string): SluiceError {
  return new SluiceError(
    "credential_missing",
    `No credential of ${provider} is stored; run \`sluice secrets set ${provider}\`.`,
    {
      details: { provider },
    },
  );
}

function credentialsOf(store: CredentialStore, derived: string): CredentialOf {
  return (provider) => {
    if (provider.credential === "none") return store.get(provider.name)?.secret.reveal();
    const stored = store.get(provider.name)?.secret.reveal();
    if (stored !== undefined) return stored;
    if (provider.credential === "derived") return store.get(SIMULATOR)?.secret.reveal() ?? derived;
    throw missing(provider.name);
  };
}

function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function start(context: ServiceContext<ProviderAdapterConfig>): Promise<RunningService> {
  const { config, bus, log } = context;
  const credentials = await openCredentialStore(context.directory);
  const providers = configuredProviders(config, () => context.httpAddress("simulator"));
  const isAvailable = (provider: Provider): boolean =>
    provider.baseUrl !== undefined &&
    (provider.credential !== "required" || credentials.get(provider.name) !== undefined);
  const catalog = makeCatalog(providers, isAvailable);
  const derived = context.deriveKey("simulator-api-key").toString("base64url");
  const pools = openPools({
    connections: config.connections_per_provider,
    connectTimeoutMs: config.connect_timeout_ms,
  });
  const lookUp = makeLookUp(providers, credentialsOf(credentials, derived));
  const flights = new Flights();
  let draining = false;
  const tools: AttemptTools = {
    bus,
    log,
    metrics: adapterMetrics(context.metrics),
    send: pools.send,
    clock: systemClock,
    wallClock: Date.now,
    bounds: {
      answerBytes: config.max_answer_bytes,
      streamBytes: config.max_stream_bytes,
      lineLength: config.max_line_bytes,
    },
    lookUp,
    meterRetryMs: config.meter_retry_ms,
  };
  const credentialOf = credentialsOf(credentials, derived);
  const planner = makePlanner({ config, catalog, credentialOf, signerOf: keepSigners(signerTools) });
  const parts = { providers, catalog, credentials, planner, tools, flights, bus, draining: () => draining };
  const estimates = await bus.consume(
    ledgerPostedConsumer({
      bus,
      log,
      now: Date.now,
      lookUp,
      isRunning: (attemptId) => flights.has(attemptId),
      priceIdOf: (provider, model) => catalog.find(provider, model)?.entry.priceId,
    }),
  );
  return {
    services: [bind(ProviderServiceDefinition, providerService(parts))],
    notReady: () => (draining ? "stopping" : undefined),
    drain: async (deadlineMs) => {
      draining = true;
      await within(deadlineMs, flights.settled());
    },
    stop: async () => {
      draining = true;
      await estimates.stop();
      flights.closeAll();
      await within(SETTLE_MS, flights.settled());
      await pools.close();
    },
  };
}

/** Runs attempts on providers, meters them, and keeps the providers' credentials. */
export const providerAdapterModule: ServiceModule<typeof providerAdapterConfig> = {
  name: "provider-adapter",
  config: providerAdapterConfig,
  owns: [ProviderServiceDefinition],
  calls: [],
  inspect: inspectStart,
  start,
};

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bus, type DeliveredEvent, openBus, type StreamName } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { createLogger } from "@sluice/platform/log";
import { createMetrics } from "@sluice/platform/metrics";
import type { RunningService, ServiceContext } from "@sluice/platform/module";
import type { Client, RpcDefinition } from "@sluice/platform/rpc";
import { type DatabaseOptions, type Migrations, type OpenDatabase, openDatabase } from "@sluice/platform/sql";
import { type IdentityConfig, identityConfig } from "../config.ts";
import { identityModule } from "../index.ts";
import { FakeProviders, fakeQuality, fakeRouter } from "./fake-clients.ts";
import { FakeLedger } from "./fake-ledger.ts";

export { ask, type DoorAnswer, type Question } from "./ask.ts";
export { FakeProviders, STORY } from "./fake-clients.ts";
export { FakeLedger } from "./fake-ledger.ts";

/** The identity service of a test: real store, real bus, real door; the other services are fakes. */
export interface IdentityUnderTest {
  readonly running: RunningService;
  readonly directory: string;
  readonly ledger: FakeLedger;
  readonly providers: FakeProviders;
  readonly bus: Bus;
  /** Everything logged so far, as text. */
  logged(): string;
  /** Facts of a stream so far. */
  events(stream: StreamName): Promise<DeliveredEvent[]>;
  /** The `identity` section from the next restart on. */
  configure(config: Partial<IdentityConfig>): void;
  /** Stops the service and starts it again on the same directory. */
  restart(): Promise<void>;
  /** Stops everything and removes the directory. */
  close(): Promise<void>;
}

export interface TestOptions {
  /** Section `identity` of the configuration. */
  readonly config?: Partial<IdentityConfig>;
  /** Stands in front of the bus, to make it fail. */
  wrapBus?(bus: Bus): Bus;
  /** Default: an SQLite file in the directory. */
  readonly database?: DatabaseOptions;
  /** HTTP doors of other services, by name. */
  readonly addresses?: Readonly<Record<string, string>>;
}

function fakeClients(ledger: FakeLedger, providers: FakeProviders): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ["LedgerService", ledger.client()],
    ["ProviderService", providers.client()],
    ["RouterService", fakeRouter()],
    ["QualityService", fakeQuality()],
  ]);
}

/** Starts the identity service in a temporary directory. */
export async function startIdentityForTest(options: TestOptions = {}): Promise<IdentityUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-identity-"));
  const own = join(directory, "identity");
  await mkdir(own, { mode: 0o700 });
  const lines: string[] = [];
  const ledger = new FakeLedger();
  const providers = new FakeProviders();
  const bus = await openBus({ kind: "embedded", file: join(directory, "bus.db") });
  const databases: OpenDatabase<unknown>[] = [];
  const clients = fakeClients(ledger, providers);
  let context: ServiceContext<IdentityConfig> = {
    config: identityConfig.parse(options.config ?? {}),
    log: createLogger({ level: "debug", service: "identity", destination: { write: (line) => lines.push(line) } }),
    metrics: createMetrics(),
    bus: options.wrapBus?.(bus) ?? bus,
    directory: own,
    durability: "process",
    dataDirectory: directory,
    client: <D extends RpcDefinition>(definition: D) => clients.get(definition.name) as Client<D>,
    async database<Schema>(migrations: Migrations) {
      const opened = await openDatabase<Schema>(context.databaseOptions(), migrations);
      databases.push(opened as OpenDatabase<unknown>);
      return opened;
    },
    databaseOptions: () => options.database ?? { kind: "sqlite", file: join(own, "identity.db") },
    redis: async () => undefined,
    deriveKey: () => {
      throw new SluiceError("internal", "Identity needs no derived key.");
    },
    httpAddress: (service) => options.addresses?.[service],
    processNotReady: () => [],
  };
  const cleanUp = async () => {
    for (const database of databases.splice(0)) await database.close();
    await bus.close();
    await rm(directory, { recursive: true, force: true });
  };
  let running = await identityModule.start(context).catch(async (error: unknown) => {
    await cleanUp();
    throw error;
  });
  const stop = async () => {
    await running.drain(1000);
    await running.stop();
    for (const database of databases.splice(0)) await database.close();
  };
  return {
    get running() {
      return running;
    },
    directory,
    ledger,
    providers,
    bus,
    logged: () => lines.join(""),
    events: async (stream) => await Array.fromAsync(bus.read({ stream, untilEnd: true })),
    configure(config) {
      context = { ...context, config: identityConfig.parse(config) };
    },
    async restart() {
      await stop();
      running = await identityModule.start(context);
    },
    async close() {
      await stop();
      await cleanUp();
    },
  };
}

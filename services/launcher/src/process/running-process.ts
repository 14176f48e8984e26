import type { Bus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { createLogger, type Logger } from "@sluice/platform/log";
import { createMetrics, type Metrics, metricsToken } from "@sluice/platform/metrics";
import type { RunningService, ServiceContext, ServiceModule } from "@sluice/platform/module";
import { createClient, type GrpcServer, startGrpcServer } from "@sluice/platform/rpc";
import { Wiring } from "../wiring.ts";
import { type DataDirectory, takeDataDirectory } from "./data-directory.ts";
import { type InstallationSecret, installationSecret } from "./installation-secret.ts";
import { type OpsDoor, openOpsDoor } from "./ops-door.ts";
import type { Settings } from "./settings.ts";
import { Stores } from "./stores.ts";

const BUS_FLUSH_MS = 3000;

export interface ProcessOptions {
  readonly settings: Settings;
  /** Services to run, in start order. */
  readonly modules: readonly ServiceModule[];
  /** True opens the gRPC door for services of other processes. */
  readonly grpc: boolean;
}

interface Started {
  readonly module: ServiceModule;
  readonly running: RunningService;
}

/** One process: its data directory, stores, doors and services, started in order and stopped in reverse. */
export class RunningProcess {
  readonly log: Logger;
  readonly #options: ProcessOptions;
  readonly #metrics: Metrics = createMetrics();
  readonly #started: Started[] = [];
  #data: DataDirectory | undefined;
  #bus: Bus | undefined;
  #stores: Stores | undefined;
  #wiring: Wiring | undefined;
  #grpc: GrpcServer | undefined;
  #ops: OpsDoor | undefined;
  #complete = false;
  #stopping: Promise<void> | undefined;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.log = createLogger({ level: options.settings.platform.log.level, service: "launcher" });
  }

  /** Starts everything; what was started is stopped again if a later step fails. @throws the step's error */
  async start(): Promise<void> {
    try {
      await this.#startAll();
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  get dataDirectory(): string {
    return this.#data?.path ?? "";
  }

  /** `host:port` of the gRPC door, if it is open. */
  get grpcAddress(): string | undefined {
    return this.#grpc?.address;
  }

  /** Base URL of the operations door, if it is open. */
  get opsAddress(): string | undefined {
    return this.#ops?.url;
  }

  /** Base URL of a service's HTTP door, if it runs here and has one. */
  httpAddress(service: string): string | undefined {
    return this.#started.find(({ module }) => module.name === service)?.running.httpAddress;
  }

  /** Reasons why this process is not ready, each with its service's name; empty when it is. */
  notReady(): string[] {
    const reasons = this.#started.flatMap(({ module, running }) => {
      const reason = running.notReady();
      return reason === undefined ? [] : [`${module.name}: ${reason}`];
    });
    if (this.#bus?.health().connected !== true) reasons.push("bus: not connected");
    if (!this.#complete) reasons.push("process: it is starting");
    if (this.#stopping !== undefined) reasons.push("process: it is stopping");
    return reasons;
  }

  /** Takes nothing new, lets what is in flight finish within `drainMs`, then stops in reverse order. Safe to call twice. */
  stop(drainMs: number): Promise<void> {
    this.#stopping ??= this.#stopAll(drainMs);
    return this.#stopping;
  }

  async #startAll(): Promise<void> {
    const { settings, modules } = this.#options;
    const { platform } = settings;
    this.#data = takeDataDirectory(
      platform.data_dir,
      modules.map((module) => module.name),
    );
    const secret = installationSecret(this.#data.path, platform.rpc.secret_file);
    this.#stores = new Stores(platform, this.#data.path, this.log);
    this.#wiring = new Wiring({
      here: new Set(modules.map((module) => module.name)),
      addresses: platform.rpc.addresses,
      secret: secret.value,
      maxMessageBytes: platform.rpc.max_message_bytes,
      log: this.log,
    });
    // Before what may take long, so that a prober can tell a slow start from a dead process.
    this.#ops = await this.#openOps(this.#data.path);
    this.#bus = await this.#stores.openBus();
    for (const module of modules) await this.#startService(module, secret);
    if (this.#options.grpc) this.#grpc = await this.#openGrpc(secret);
    this.#complete = true;
  }

  async #openOps(directory: string): Promise<OpsDoor | undefined> {
    const { listen_host: host, listen_port: port } = this.#options.settings.platform.ops;
    if (port === undefined) return undefined;
    const token = await metricsToken(directory);
    const door = await openOpsDoor({ host, port, token, metrics: this.#metrics, notReady: () => this.notReady() });
    this.log.info({ address: door.url }, "operations door open");
    return door;
  }

  async #startService(module: ServiceModule, secret: InstallationSecret): Promise<void> {
    const { settings } = this.#options;
    const context = this.#contextFor(module, secret);
    const running = await module.start({ ...context, config: settings.sectionFor(module) });
    this.#started.push({ module, running });
    this.#wiring?.serve(module.name, running.services);
    this.log.debug({ service: module.name }, "service started");
  }

  #contextFor(module: ServiceModule, secret: InstallationSecret): Omit<ServiceContext<unknown>, "config"> {
    const { platform } = this.#options.settings;
    const stores = needed(this.#stores);
    const wiring = needed(this.#wiring);
    return {
      log: createLogger({ level: platform.log.level, service: module.name }),
      metrics: this.#metrics,
      bus: needed(this.#bus),
      directory: stores.directoryOf(module.name),
      durability: platform.durability,
      dataDirectory: needed(this.#data).path,
      client: (definition) => createClient(definition, wiring.channelFor(definition.fullName)),
      database: (migrations) => stores.openDatabase(module.name, migrations),
      databaseOptions: () => stores.databaseOptions(module.name),
      redis: () => stores.redis(),
      deriveKey: (purpose) => secret.derive(purpose),
      httpAddress: (service) => this.httpAddress(service),
      processNotReady: () => this.notReady(),
    };
  }

  #openGrpc(secret: InstallationSecret): Promise<GrpcServer> {
    const { rpc } = this.#options.settings.platform;
    return startGrpcServer({
      services: this.#started.flatMap(({ running }) => running.services),
      host: rpc.listen_host,
      port: rpc.listen_port,
      secret: secret.value,
      maxMessageBytes: rpc.max_message_bytes,
      onFailure: needed(this.#wiring).onFailure,
    });
  }

  async #stopAll(drainMs: number): Promise<void> {
    const deadlineAt = Date.now() + drainMs;
    const left = () => Math.max(0, deadlineAt - Date.now());
    const reversed = this.#started.toReversed();
    this.#grpc?.setServing(false);
    // Doors first: a service is drained when nothing before it, here or behind the gRPC door, sends it work any more.
    const doorDrained = this.#attempt("grpc", async () => this.#grpc?.drain(left()));
    for (const { module, running } of reversed) await this.#attempt(module.name, () => running.drain(left()));
    await doorDrained;
    await this.#attempt("grpc", async () => this.#grpc?.stop());
    for (const { module, running } of reversed) await this.#attempt(module.name, () => running.stop());
    await this.#attempt("wiring", async () => this.#wiring?.close());
    await this.#attempt("bus", async () => this.#bus?.close(BUS_FLUSH_MS));
    await this.#attempt("stores", async () => this.#stores?.close());
    await this.#attempt("ops", async () => this.#ops?.close());
    this.#data?.release();
  }

  /** One part that cannot stop must not keep the others from stopping. */
  async #attempt(part: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.log.error({ err: error, service: part }, "not stopped cleanly");
    }
  }
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new SluiceError("internal", "A part of the process was used before it was started.");
  return value;
}

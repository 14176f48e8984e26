import { renameSync, writeFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { createLogger, type Logger } from "@sluice/platform/log";
import type { CommandEnvironment } from "../commands/environment.ts";
import { announce } from "../first-start/announce.ts";
import { takeDataDirectory } from "../process/data-directory.ts";
import { installationSecret } from "../process/installation-secret.ts";
import { parentToWatch } from "../process/parent.ts";
import { announceAndRun } from "../process/run-until-signal.ts";
import { loadSettings } from "../process/settings.ts";
import { selectTargets } from "../targets.ts";
import { type BackingServers, startBackingServers } from "./backing-servers.ts";
import { ServiceProcess } from "./child-process.ts";
import { type PlannedProcess, planProcesses, processArguments, sharedConfig } from "./layout.ts";

const STATE_FILE = "processes.json";
const STOP_GRACE_MS = 5000;
const START_TRIES = 3;

export interface DistributedFlags {
  readonly port?: number;
  readonly exitWithParent?: string | boolean;
  readonly routers: number;
  readonly set: Readonly<Record<string, unknown>>;
}

/** Runs the distributed shape until a signal comes. Resolves with the exit code. @throws what kept it from starting */
export async function runDistributed(environment: CommandEnvironment, flags: DistributedFlags): Promise<number> {
  const root = environment.givenDataDirectory();
  const settings = loadSettings({
    configFile: environment.configFile(),
    overrides: { ...flags.set, ...(root === undefined ? {} : { data_dir: root }) },
  });
  const log = createLogger({ level: settings.platform.log.level, service: "launcher" });
  const data = takeDataDirectory(`${settings.platform.data_dir}${root === undefined ? "-distributed" : ""}`, [
    "distributed",
  ]);
  const shape = new DistributedShape(data.path, log);
  try {
    const ingress = selectTargets(["ingress"]).map(
      (target) => settings.sectionFor(target) as { listen_port: number },
    )[0];
    await shape.start({
      configFile: environment.configFile(),
      settings: flags.set,
      routers: flags.routers,
      ingressPort: flags.port ?? ingress?.listen_port ?? 8787,
    });
    return await announceAndRun(
      {
        parent: parentToWatch(flags.exitWithParent),
        log,
        stop: () => shape.stop(settings.platform.shutdown.drain_ms + STOP_GRACE_MS),
      },
      () => announce(environment, { url: shape.url, dataDirectory: data.path, log }),
    );
  } catch (error) {
    await shape.stop(STOP_GRACE_MS);
    throw error;
  } finally {
    data.release();
  }
}

interface ShapeOptions {
  readonly configFile: string | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly routers: number;
  readonly ingressPort: number;
}

/** The servers and processes of the distributed shape, and the file that tells their process ids. */
class DistributedShape {
  readonly #root: string;
  readonly #log: Logger;
  readonly #pids: Record<string, number> = {};
  #processes: readonly ServiceProcess[] = [];
  #planned: readonly PlannedProcess[] = [];
  #servers: BackingServers | undefined;

  constructor(root: string, log: Logger) {
    this.#root = root;
    this.#log = log;
  }

  get url(): string {
    const port = this.#planned.find(({ services }) => services.includes("ingress"))?.httpPort;
    return `http://127.0.0.1:${port}`;
  }

  async start(options: ShapeOptions): Promise<void> {
    this.#servers = await startBackingServers(this.#root, this.#log, (name, pid) => this.#note(name, pid));
    for (let tries = 1; ; tries++) {
      try {
        return await this.#startProcesses(options, this.#servers);
      } catch (error) {
        // A port that was free when it was chosen may be taken by the time a process listens on it.
        if (tries === START_TRIES) throw error;
        this.#log.warn({ err: error }, "processes not started, trying once more on other ports");
        await this.#stopProcesses(STOP_GRACE_MS);
      }
    }
  }

  async stop(graceMs: number): Promise<void> {
    await this.#stopProcesses(graceMs);
    await this.#servers?.stop();
  }

  async #startProcesses(options: ShapeOptions, servers: BackingServers): Promise<void> {
    const { routers, ingressPort, settings } = options;
    this.#planned = await planProcesses({ root: this.#root, routers, ingressPort });
    const configFile = join(this.#root, "distributed.yaml");
    const config = sharedConfig({
      configFile: options.configFile,
      settings,
      root: this.#root,
      secretFile: installationSecret(this.#root, undefined).file,
      servers,
      processes: this.#planned,
    });
    writeFileSync(configFile, config, { mode: 0o600 });
    // What this process has compiled, its children need not compile again, each for itself.
    flushCompileCache();
    this.#processes = this.#planned.map((planned) => this.#processFor(planned, configFile));
    await Promise.all(this.#processes.map((child) => child.start()));
  }

  /** Doors first, so that the streams in flight can finish against services that still run. */
  async #stopProcesses(graceMs: number): Promise<void> {
    const reversed = this.#processes.toReversed();
    await Promise.all(reversed.filter(({ name }) => name.startsWith("ingress")).map((child) => child.stop(graceMs)));
    await Promise.all(reversed.map((child) => child.stop(graceMs)));
  }

  #processFor(planned: PlannedProcess, configFile: string): ServiceProcess {
    return new ServiceProcess({
      name: planned.name,
      arguments: processArguments(planned, configFile),
      log: this.#log,
      onReady: (pid) => this.#note(planned.name, pid),
    });
  }

  /** Written whole and renamed: a reader never sees half a file. */
  #note(name: string, pid: number): void {
    this.#pids[name] = pid;
    const file = join(this.#root, STATE_FILE);
    const urls = this.#planned.flatMap(({ services, httpPort }) =>
      services.includes("ingress") ? [`http://127.0.0.1:${httpPort}`] : [],
    );
    const ops = Object.fromEntries(this.#planned.map(({ name, opsPort }) => [name, `http://127.0.0.1:${opsPort}`]));
    writeFileSync(`${file}.new`, `${JSON.stringify({ pids: this.#pids, ingress: urls, ops })}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

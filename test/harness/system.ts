import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Simulator, startSimulator } from "@sluice/simulator";
import { type ChildExit, type NodeChild, startNode } from "./child.ts";
import { freePort } from "./free-port.ts";
import { eventually } from "./poll.ts";
import { requireServers } from "./servers/index.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** One process, or one process per service on NATS, Redis and PostgreSQL. */
export type Shape = "embedded" | "distributed";

export interface SystemOptions {
  readonly shape: Shape;
  /** Configuration values by dotted path, e.g. `{"router.hold_ttl_ms": 5000}`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Pairs of ingress and router in the distributed shape; default 1. */
  readonly routers?: number;
  /** Pace of the simulator; 0 (the default) answers as fast as possible. */
  readonly pace?: number;
  readonly tokensPerSecond?: number;
  /** True if the simulator answers for models of any name. */
  readonly anyModel?: boolean;
  /** Data directory; default: a temporary one. */
  readonly directory?: string;
  /** Providers besides `sim`, by name, given the simulator's address (up to and including `/v1`). */
  readonly providers?: (simulatorUrl: string) => Readonly<Record<string, unknown>>;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running gateway in front of a simulator that outlives it, so that its bills can be compared with the ledger. */
export interface System {
  readonly shape: Shape;
  /** Base URLs of the HTTP doors; one unless several routers were asked for. */
  urls(): readonly string[];
  readonly url: string;
  /** The key of the first start. */
  readonly apiKey: string;
  readonly dataDirectory: string;
  readonly simulator: Simulator;
  /** Runs `sluice …` against this gateway. */
  command(args: readonly string[], input?: string): Promise<CommandResult>;
  /** Runs `sluice … --json` and parses what it prints. @throws if it fails */
  json<T>(args: readonly string[]): Promise<T>;
  /** A new key: its id and secret. */
  createKey(args?: readonly string[]): Promise<{ readonly id: string; readonly secret: string }>;
  /** Process ids by service or server name (distributed), or `{up}` (embedded). */
  pids(): Readonly<Record<string, number>>;
  /** kill -9 by name; in the distributed shape the program starts it again by itself, in the embedded shape call `restart`. */
  kill(name: string): void;
  /** SIGTERM, as an operator sends it; how the program ended. */
  terminate(): Promise<ChildExit>;
  /** Starts the program again after its end (embedded: kills it first if need be), on the same directory and port. */
  restart(): Promise<void>;
  /** Resolves when `/readyz` says 200 on every door. */
  ready(): Promise<void>;
  /** What the process has logged. */
  log(): string;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
const READY_MS = 60_000;

/** Shapes this run covers: both, unless the runner says otherwise. */
export function shapes(): readonly Shape[] {
  const named = process.env["SLUICE_TEST_SHAPES"];
  if (named === undefined) return ["embedded", "distributed"];
  return named.split(",").filter((name): name is Shape => name === "embedded" || name === "distributed");
}

/** Starts a gateway of the given shape with a fresh data directory, its providers reduced to a simulator of the test's own. */
export async function startSystem(options: SystemOptions): Promise<System> {
  if (options.shape === "distributed") requireServers("nats", "redis", "postgres");
  const directory = options.directory ?? temporaryDirectory("system");
  const simulator = await startSimulator({
    pace: options.pace ?? 0,
    anyModel: options.anyModel ?? false,
    ...(options.tokensPerSecond === undefined ? {} : { tokensPerSecond: options.tokensPerSecond }),
  });
  const port = await freePort();
  const run = (): NodeChild => startNode(PROGRAM, { args: gatewayArguments(options, { directory, port, simulator }) });
  const first = run();
  try {
    const ready = JSON.parse((await first.line(/^\{"event":"ready".*$/, READY_MS))[0]) as { api_key?: string };
    const system = new GatewaySystem({ options, directory, simulator, port, run, first, apiKey: ready.api_key ?? "" });
    const stored = await system.command(["secrets", "set", "sim"], simulator.apiKey);
    if (stored.code !== 0) throw new Error(`The simulator's key was not stored: ${stored.stderr}`);
    await system.ready();
    return system;
  } catch (error) {
    await Promise.all([first.end("SIGTERM"), simulator.close()]);
    throw error;
  }
}

function gatewayArguments(
  options: SystemOptions,
  place: { readonly directory: string; readonly port: number; readonly simulator: Simulator },
): string[] {
  const simulatorUrl = `${place.simulator.url}/v1`;
  const settings = {
    "provider_adapter.providers": JSON.stringify({
      sim: { base_url: simulatorUrl },
      ...options.providers?.(simulatorUrl),
    }),
    "log.level": "info",
    ...options.settings,
  };
  const command = options.shape === "embedded" ? ["up"] : ["distributed", "--routers", String(options.routers ?? 1)];
  return [
    ...command,
    "--json",
    ...["--data-dir", place.directory],
    ...["--port", String(place.port)],
    ...Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
  ];
}

interface Parts {
  readonly options: SystemOptions;
  readonly directory: string;
  readonly simulator: Simulator;
  readonly port: number;
  readonly run: () => NodeChild;
  readonly first: NodeChild;
  readonly apiKey: string;
}

class GatewaySystem implements System {
  readonly shape: Shape;
  readonly url: string;
  readonly apiKey: string;
  readonly dataDirectory: string;
  readonly simulator: Simulator;
  readonly #parts: Parts;
  readonly #children: NodeChild[];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#children = [parts.first];
    this.shape = parts.options.shape;
    this.url = `http://127.0.0.1:${parts.port}`;
    this.apiKey = parts.apiKey;
    this.dataDirectory = parts.directory;
    this.simulator = parts.simulator;
  }

  urls(): readonly string[] {
    return this.shape === "embedded" ? [this.url] : this.#state().ingress;
  }

  async command(args: readonly string[], input = ""): Promise<CommandResult> {
    const child = startNode(PROGRAM, { args: [...args, "--data-dir", this.dataDirectory], input });
    const { code } = await child.exited;
    return { code, stdout: child.stdout(), stderr: child.stderr() };
  }

  async json<T>(args: readonly string[]): Promise<T> {
    const result = await this.command([...args, "--json"]);
    if (result.code !== 0)
      throw new Error(`sluice ${args.join(" ")} ended with ${result.code}: ${result.stderr}${result.stdout}`);
    return JSON.parse(result.stdout) as T;
  }

  async createKey(args: readonly string[] = []): Promise<{ readonly id: string; readonly secret: string }> {
    const made = await this.json<{ key: { id: string }; secret: string }>(["keys", "create", ...args]);
    return { id: made.key.id, secret: made.secret };
  }

  pids(): Readonly<Record<string, number>> {
    return this.shape === "embedded" ? { up: this.#current().pid } : this.#state().pids;
  }

  kill(name: string): void {
    const pid = this.pids()[name];
    if (pid === undefined) throw new Error(`No process named ${name}: ${Object.keys(this.pids()).join(", ")}`);
    process.kill(pid, "SIGKILL");
  }

  async terminate(): Promise<ChildExit> {
    return await this.#current().end("SIGTERM");
  }

  async restart(): Promise<void> {
    await this.#current().kill();
    const child = this.#parts.run();
    this.#children.push(child);
    await child.line(/^\{"event":"ready".*$/, READY_MS);
  }

  async ready(): Promise<void> {
    await eventually(
      async () => {
        for (const url of this.urls()) {
          const response = await fetch(`${url}/readyz`);
          if (response.status !== 200) throw new Error(`${url}/readyz: ${response.status} ${await response.text()}`);
          await response.body?.cancel();
        }
      },
      { timeoutMs: READY_MS, message: "the gateway being ready" },
    );
  }

  log(): string {
    return this.#children.map((child) => child.stderr()).join("");
  }

  async stop(): Promise<void> {
    await this.#current().end("SIGTERM");
    await this.simulator.close();
  }

  #current(): NodeChild {
    return this.#children.at(-1) ?? this.#parts.first;
  }

  #state(): { readonly pids: Record<string, number>; readonly ingress: string[] } {
    return JSON.parse(readFileSync(join(this.dataDirectory, "processes.json"), "utf8"));
  }
}

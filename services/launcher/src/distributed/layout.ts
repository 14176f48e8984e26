import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findConfigFile, readEnvironment } from "@sluice/platform/config";
import { parse, stringify } from "yaml";
import { freePort } from "../servers/index.ts";
import { TARGETS } from "../targets.ts";
import type { BackingServers } from "./backing-servers.ts";

/** One process of the distributed shape. */
export interface PlannedProcess {
  readonly name: string;
  readonly services: readonly string[];
  readonly directory: string;
  readonly rpcPort: number;
  /** Port of the HTTP door of services that have one. */
  readonly httpPort: number | undefined;
  /** Port of the operations door. */
  readonly opsPort: number;
}

export interface LayoutOptions {
  readonly root: string;
  readonly routers: number;
  readonly ingressPort: number;
}

/** One process per service, or `routers` pairs of ingress and router where several are asked for. */
export async function planProcesses(options: LayoutOptions): Promise<PlannedProcess[]> {
  const groups: { name: string; services: string[] }[] = [];
  for (const { name } of TARGETS) {
    const pairs = options.routers > 1 && (name === "router" || name === "ingress");
    if (!pairs) groups.push({ name, services: [name] });
  }
  if (options.routers > 1) {
    for (let i = 1; i <= options.routers; i++)
      groups.push({ name: `ingress-router-${i}`, services: ["router", "ingress"] });
  }
  const processes: PlannedProcess[] = [];
  let ingressSeen = false;
  for (const { name, services } of groups) {
    const directory = join(options.root, name);
    const [rpcPort, opsPort] = [await freePort(), await freePort()];
    let httpPort: number | undefined;
    if (services.includes("ingress")) {
      httpPort = ingressSeen ? await freePort() : options.ingressPort;
      ingressSeen = true;
    } else if (services.includes("simulator")) httpPort = await freePort();
    processes.push({ name, services, directory, rpcPort, httpPort, opsPort });
  }
  return processes;
}

interface YamlSection {
  [key: string]: unknown;
}

export interface SharedConfigInput {
  /** The user's file, if there is one. */
  readonly configFile: string | undefined;
  /** Values of the command line by dotted path; they win over the file. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly root: string;
  readonly secretFile: string;
  readonly servers: BackingServers;
  readonly processes: readonly PlannedProcess[];
}

/** The configuration every process shares: the user's own, with stores and addresses filled in. Passwords stay in their files. */
export function sharedConfig(input: SharedConfigInput): string {
  const { servers, root, processes } = input;
  const own = ownConfig(input);
  const section = (name: string): YamlSection => (own[name] ?? {}) as YamlSection;
  const passwordFile = (name: string) => join(root, name, "password");
  const { nats, redis, postgres } = servers;
  return stringify({
    ...own,
    bus: {
      ...section("bus"),
      kind: "jetstream",
      servers: [`${nats.host}:${nats.port}`],
      user: nats.user,
      password_file: passwordFile("nats"),
    },
    redis: { kind: "redis", host: redis.host, port: redis.port, password_file: passwordFile("redis") },
    sql: {
      ...section("sql"),
      kind: "postgres",
      host: postgres.host,
      port: postgres.port,
      user: postgres.user,
      database: "postgres",
      password_file: passwordFile("postgres"),
    },
    rpc: { ...section("rpc"), addresses: addressesOf(processes), secret_file: input.secretFile },
    identity: { ...section("identity"), admin_directory: root },
    provider_adapter: withSimulator(section("provider_adapter"), processes),
  });
}

function ownConfig(input: SharedConfigInput): YamlSection {
  const file = findConfigFile(input.configFile, readEnvironment());
  const own = (file === undefined ? {} : (parse(readFileSync(file, "utf8")) ?? {})) as YamlSection;
  for (const [path, value] of Object.entries(input.settings)) {
    const keys = path.split(".");
    const last = keys.pop() ?? path;
    let target = own;
    for (const key of keys) {
      target[key] = { ...(target[key] as YamlSection | undefined) };
      target = target[key] as YamlSection;
    }
    target[last] = value;
  }
  return own;
}

function addressesOf(processes: readonly PlannedProcess[]): Record<string, string> {
  return Object.fromEntries(
    processes.flatMap(({ services, rpcPort }) => services.map((service) => [service, `127.0.0.1:${rpcPort}`])),
  );
}

/** The adapter finds the simulator's process, unless the configuration names another one. */
function withSimulator(adapter: YamlSection, processes: readonly PlannedProcess[]): YamlSection {
  const port = processes.find(({ services }) => services.includes("simulator"))?.httpPort;
  const providers = (adapter["providers"] ?? {}) as YamlSection;
  const sim = { base_url: `http://127.0.0.1:${port}/v1`, ...(providers["sim"] as YamlSection | undefined) };
  return { ...adapter, providers: { ...providers, sim } };
}

/** Command-line arguments of one process. */
export function processArguments(planned: PlannedProcess, configFile: string): string[] {
  const { services, directory, rpcPort, httpPort, opsPort } = planned;
  const door = services.includes("ingress") ? "ingress" : "simulator";
  return [
    "serve",
    services.join(","),
    ...["--config", configFile],
    ...["--data-dir", directory],
    ...["--set", `rpc.listen_port=${rpcPort}`],
    ...["--set", `ops.listen_port=${opsPort}`],
    ...(httpPort === undefined ? [] : ["--set", `${door}.listen_port=${httpPort}`]),
  ];
}

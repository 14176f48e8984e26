import { type Command, InvalidArgumentError } from "commander";
import { parse } from "yaml";
import { parentToWatch } from "../process/parent.ts";
import type { CommandEnvironment } from "./environment.ts";

interface RunFlags {
  readonly set: Readonly<Record<string, unknown>>;
  readonly port?: number;
  readonly exitWithParent?: string | boolean;
}

/** Adds `up`, `serve` and `distributed`: the commands that run services. */
export function registerRun(program: Command, environment: CommandEnvironment, finish: (code: number) => void): void {
  const common = (command: Command) =>
    command
      .option("--set <key=value>", "one configuration value by dotted path; may be repeated", collectSetting, {})
      .option("--port <port>", "port of the HTTP door (ingress.listen_port)", parsePort)
      .option("--exit-with-parent [pid]", "also end when the process that started this one is gone");

  common(program.command("up"))
    .description("run every service in this one process, on the embedded store")
    .action(async (flags: RunFlags) => finish(await up(environment, flags)));

  common(program.command("serve"))
    .argument("<services...>", "services to run, separated by commas, like ingress,router")
    .description("run some services in this process; the others are reached by rpc.addresses")
    .action(async (names: string[], flags: RunFlags) => finish(await serve(environment, names, flags)));

  common(program.command("distributed"))
    .option("--routers <n>", "number of ingress and router pairs", parseCount, 1)
    .description("run nats-server, redis-server, PostgreSQL and one process per service, and restart what dies")
    .action(async (flags: RunFlags & { routers: number }) => finish(await distributed(environment, flags)));
}

/** Loads services only now: commands that run none start much faster without them. */
async function up(environment: CommandEnvironment, flags: RunFlags): Promise<number> {
  const { runAll } = await import("../process/run-services.ts");
  return runAll(environment, runOptions(environment, flags));
}

async function serve(environment: CommandEnvironment, names: readonly string[], flags: RunFlags): Promise<number> {
  const { runSome } = await import("../process/run-services.ts");
  return runSome(environment, names, runOptions(environment, flags));
}

async function distributed(environment: CommandEnvironment, flags: RunFlags & { routers: number }): Promise<number> {
  const { runDistributed } = await import("../distributed/run-distributed.ts");
  return runDistributed(environment, flags);
}

function runOptions(environment: CommandEnvironment, flags: RunFlags) {
  const overrides: Record<string, unknown> = { ...flags.set };
  if (flags.port !== undefined) overrides["ingress.listen_port"] = flags.port;
  const dataDirectory = environment.givenDataDirectory();
  if (dataDirectory !== undefined) overrides["data_dir"] = dataDirectory;
  const settings = { configFile: environment.configFile(), overrides };
  return { settings, parent: parentToWatch(flags.exitWithParent) };
}

/** Collects `--set ingress.listen_port=9000`; the value is read as YAML, so that numbers and lists are what they look like. */
function collectSetting(text: string, before: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new InvalidArgumentError("write it as section.key=value");
  return { ...before, [text.slice(0, equals)]: parse(text.slice(equals + 1)) };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw new InvalidArgumentError("a count is a number from 1 to 64");
  return count;
}

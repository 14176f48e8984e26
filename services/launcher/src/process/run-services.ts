import type { CommandEnvironment } from "../commands/environment.ts";
import { announce } from "../first-start/announce.ts";
import { selectTargets, TARGETS } from "../targets.ts";
import { checkSharedLog } from "./one-log.ts";
import { announceAndRun, runUntilSignal } from "./run-until-signal.ts";
import { RunningProcess } from "./running-process.ts";
import { loadSettings, type Settings, type SettingsOptions } from "./settings.ts";

/** What the command line says about a process that runs services. */
export interface RunOptions {
  readonly settings: SettingsOptions;
  /** Process whose end also ends this one. */
  readonly parent: number | undefined;
}

/** Runs every service until a signal comes. Resolves with the exit code. @throws what kept it from starting */
export async function runAll(environment: CommandEnvironment, options: RunOptions): Promise<number> {
  const settings = loadSettings(options.settings);
  const running = new RunningProcess({ settings, modules: TARGETS, grpc: settings.platform.rpc.listen_port > 0 });
  await running.start();
  const gateway = {
    url: running.httpAddress("ingress") ?? "",
    dataDirectory: running.dataDirectory,
    log: running.log,
  };
  return announceAndRun(untilTold(running, settings, options), () => announce(environment, gateway));
}

/** Runs the named services until a signal comes. Resolves with the exit code. @throws what kept them from starting */
export async function runSome(
  environment: CommandEnvironment,
  names: readonly string[],
  options: RunOptions,
): Promise<number> {
  const modules = selectTargets(names);
  const settings = loadSettings(options.settings);
  checkSharedLog({ kind: settings.platform.bus.kind, modules, all: TARGETS });
  const running = new RunningProcess({ settings, modules, grpc: true });
  await running.start();
  const doors = Object.fromEntries(modules.map(({ name }) => [name, running.httpAddress(name)]));
  environment.stdout.write(
    `${JSON.stringify({ event: "ready", pid: process.pid, services: Object.keys(doors), rpc: running.grpcAddress, http: doors, ops: running.opsAddress })}\n`,
  );
  return runUntilSignal(untilTold(running, settings, options));
}

function untilTold(running: RunningProcess, settings: Settings, options: RunOptions) {
  return {
    parent: options.parent,
    log: running.log,
    stop: () => running.stop(settings.platform.shutdown.drain_ms),
  };
}

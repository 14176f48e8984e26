import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** A program and how to start it. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** Start it as this user instead of root. */
  readonly user?: string | undefined;
}

const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv"].find((file) => existsSync(file));

/**
 * Spawns a server that dies with this process, also when this process is killed with SIGKILL. It runs in a
 * session of its own, so that Ctrl-C in a terminal reaches this process alone, which then ends it in order.
 * @param output file descriptor for the server's stdout and stderr
 */
export function spawnTethered(command: Command, output: number): ChildProcess {
  const options = {
    cwd: command.directory,
    env: command.environment,
    stdio: ["ignore", output, output] as ["ignore", number, number],
    detached: true,
  };
  if (SETPRIV === undefined) {
    if (command.user !== undefined) throw new Error("Starting a server from root as another user needs setpriv.");
    const child = spawn(command.program, command.args, options);
    watch(child);
    return child;
  }
  const user =
    command.user === undefined ? [] : [`--reuid=${command.user}`, `--regid=${command.user}`, "--init-groups"];
  return spawn(SETPRIV, ["--pdeathsig", "KILL", ...user, "--", command.program, ...command.args], options);
}

/** The same command line, made to die with the process that spawns it where the kernel can do that. */
export function tethered(program: string, args: readonly string[]): readonly [program: string, args: string[]] {
  if (SETPRIV === undefined) return [program, [...args]];
  return [SETPRIV, ["--pdeathsig", "KILL", "--", program, ...args]];
}

/** Where the kernel offers no death signal: a shell that waits for the end of its input, which is our end. */
function watch(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const script = `while read -r line; do :; done; kill -9 ${child.pid}`;
  const watchdog = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  watchdog.unref();
  watchdog.on("error", () => child.kill("SIGKILL"));
  child.once("exit", () => watchdog.kill("SIGKILL"));
}

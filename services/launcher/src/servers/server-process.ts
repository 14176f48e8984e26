import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import { type Command, spawnTethered } from "./tether.ts";
import type { RunningServer, ServerExit } from "./types.ts";

/** What differs between one server and another. */
export interface ServerPlan {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly logFile: string;
  /** Asks the server to end in order. */
  readonly stopSignal: NodeJS.Signals;
  /** Writes what the server needs for this port and says how to start it. */
  command(port: number): Promise<Command>;
  /** True once the server answers on its own protocol. */
  isReady(port: number, pid: number): Promise<boolean>;
}

interface Run {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  ended: boolean;
}

const START_TRIES = 8;
const READY_MS = 60_000;
const POLL_MS = 15;
/** How long a server may take to end in order before it is killed. */
const STOP_MS = 20_000;

/** Starts a server by its plan on the given or a free port and waits until it answers. */
export async function startServer(plan: ServerPlan, wantedPort: number | undefined): Promise<RunningServer> {
  let port = wantedPort ?? (await freePort());
  for (let tries = 1; ; tries += 1) {
    const run = await launch(plan, port);
    if (run !== undefined) return new ServerProcess(plan, port, run);
    if (tries === START_TRIES) throw new Error(await startProblem(plan, port));
    if (wantedPort === undefined) port = await freePort();
    else await delay(50 * tries);
  }
}

class ServerProcess implements RunningServer {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly logFile: string;
  readonly #plan: ServerPlan;
  #run: Run;

  constructor(plan: ServerPlan, port: number, run: Run) {
    this.#plan = plan;
    this.#run = run;
    this.port = port;
    this.user = plan.user;
    this.password = plan.password;
    this.logFile = plan.logFile;
  }

  get pid(): number {
    return this.#run.pid;
  }

  get exited(): Promise<ServerExit> {
    return this.#run.exited;
  }

  async stop(): Promise<void> {
    const run = this.#run;
    if (run.ended) return;
    run.child.ref();
    run.child.kill(this.#plan.stopSignal);
    const timer = setTimeout(() => run.child.kill("SIGKILL"), STOP_MS);
    await run.exited;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    const run = this.#run;
    if (run.ended) return;
    run.child.ref();
    run.child.kill("SIGKILL");
    await run.exited;
  }

  /** A killed PostgreSQL leaves workers behind for a moment, so the first tries may be refused. */
  async restart(): Promise<void> {
    await this.stop();
    for (let tries = 1; tries <= START_TRIES * 4; tries += 1) {
      const run = await launch(this.#plan, this.port);
      if (run !== undefined) {
        this.#run = run;
        return;
      }
      await delay(Math.min(50 * tries, 500));
    }
    throw new Error(await startProblem(this.#plan, this.port));
  }
}

/** One try: undefined if the server ended before it was ready. */
async function launch(plan: ServerPlan, port: number): Promise<Run | undefined> {
  const run = spawnRun(await plan.command(port), plan.logFile);
  if (run === undefined) return undefined;
  const deadline = Date.now() + READY_MS;
  while (!run.ended) {
    if (await plan.isReady(port, run.pid)) {
      // The program may exit without a stop() after a failure; the tether then ends the server.
      run.child.unref();
      return run;
    }
    if (Date.now() > deadline) {
      run.child.kill("SIGKILL");
      await run.exited;
      throw new Error(`${plan.name} gave no answer on port ${port} for ${READY_MS / 1000} s; its log: ${plan.logFile}`);
    }
    await delay(POLL_MS);
  }
  return undefined;
}

function spawnRun(command: Command, logFile: string): Run | undefined {
  const log = openSync(logFile, "a", 0o600);
  const child = spawnTethered(command, log);
  closeSync(log);
  const exited = new Promise<ServerExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
  if (child.pid === undefined) return undefined;
  const run: Run = { child, pid: child.pid, exited, ended: false };
  child.once("exit", () => {
    run.ended = true;
  });
  return run;
}

async function startProblem(plan: ServerPlan, port: number): Promise<string> {
  const log = await readFile(plan.logFile, "utf8");
  const lines = log.trimEnd().split("\n").slice(-8).join("\n  ");
  return `${plan.name} did not start on port ${port}. The end of its log (${plan.logFile}):\n  ${lines}`;
}

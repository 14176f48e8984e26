import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const READY_MS = 30_000;
const RESTART_FIRST_MS = 100;
const RESTART_MOST_MS = 5000;
/** A run longer than this counts as healthy, so that the next restart is quick again. */
const HEALTHY_MS = 10_000;

export interface ChildOptions {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly log: Logger;
  /** Called with the process id of each run, as soon as it is ready. */
  onReady(pid: number): void;
}

/** A process of this program that is started again when it dies unasked. */
export class ServiceProcess {
  readonly #options: ChildOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restartMs = RESTART_FIRST_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Starts the process and resolves when it says that it is ready. @throws unavailable if it ends before, or takes too long */
  start(): Promise<void> {
    const startedAt = Date.now();
    const child = spawn(
      process.execPath,
      [MAIN, ...this.#options.arguments, "--exit-with-parent", String(process.pid)],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    this.#child = child;
    child.once("exit", (code, signal) => this.#ended(startedAt, code, signal));
    return this.#ready(child);
  }

  /** SIGTERM, and after `graceMs` SIGKILL; resolves when the process is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await gone;
    clearTimeout(timer);
  }

  #ready(child: ChildProcess): Promise<void> {
    const { name, onReady } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (what: string) => reject(new SluiceError("unavailable", `The process of ${name} ${what}.`));
      const timer = setTimeout(() => fail(`was not ready after ${READY_MS} ms`), READY_MS);
      child.once("exit", () => fail("ended before it was ready"));
      child.once("error", (error) => fail(`could not be started (${error.message})`));
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (!line.startsWith('{"event":"ready"')) return;
        clearTimeout(timer);
        this.#restartMs = RESTART_FIRST_MS;
        onReady(child.pid ?? 0);
        resolve();
      });
    });
  }

  #ended(startedAt: number, code: number | null, signal: string | null): void {
    if (this.#stopping) return;
    const { name, log } = this.#options;
    if (Date.now() - startedAt > HEALTHY_MS) this.#restartMs = RESTART_FIRST_MS;
    log.error(
      { service: name, exit: signal ?? String(code), restart_ms: this.#restartMs },
      "service ended, starting it again",
    );
    this.#timer = setTimeout(() => {
      this.start().catch((error: unknown) => log.error({ err: error, service: name }, "service not started again"));
    }, this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MOST_MS);
  }
}

import type { Logger } from "@sluice/platform/log";

const PARENT_POLL_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface RunOptions {
  /** Also end when the parent process is gone: npm does not pass signals on, and dies before its script. */
  readonly exitWithParent: boolean;
  readonly log: Logger;
  /** Stops everything; a second signal does not wait for it. */
  stop(): Promise<void>;
}

/** Waits for a signal (or for the parent's end), then stops and resolves with the exit code. */
export function runUntilSignal(options: RunOptions): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const parent = process.ppid;
    const watch = options.exitWithParent
      ? setInterval(() => {
          if (process.ppid !== parent) begin("parent gone");
        }, PARENT_POLL_MS)
      : undefined;
    const begin = (reason: string) => {
      if (stopping) {
        resolve(1);
        return;
      }
      stopping = true;
      clearInterval(watch);
      options.log.info({ reason }, "stopping");
      options.stop().then(
        () => resolve(0),
        (error: unknown) => {
          options.log.error({ err: error }, "not stopped cleanly");
          resolve(1);
        },
      );
    };
    for (const signal of SIGNALS) process.on(signal, () => begin(signal));
  });
}

import type { Logger } from "@sluice/platform/log";

const PARENT_POLL_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface RunOptions {
  /** Also end when this process is our parent no more: npm does not pass signals on, and dies before its script. */
  readonly parent: number | undefined;
  readonly log: Logger;
  /** Stops everything; a second signal does not wait for it. */
  stop(): Promise<void>;
}

/** Waits for a signal (or for the parent's end), then stops and resolves with the exit code. */
export function runUntilSignal(options: RunOptions): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const watch =
      options.parent === undefined
        ? undefined
        : setInterval(() => {
            if (process.ppid !== options.parent) begin("parent gone");
          }, PARENT_POLL_MS);
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

/**
 * Announces the gateway, then waits like `runUntilSignal`. A gateway that answers drains when it is told to stop, also before it has been
 * announced; the announcement may then fail, because the doors it asks are closing.
 */
export async function announceAndRun(options: RunOptions, announce: () => Promise<void>): Promise<number> {
  let stopping = false;
  const ended = runUntilSignal({
    ...options,
    stop: () => {
      stopping = true;
      return options.stop();
    },
  });
  const announced = announce().catch((error: unknown) => {
    if (!stopping) throw error;
  });
  await Promise.race([announced, ended]);
  return ended;
}

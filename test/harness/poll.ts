import { setTimeout as delay } from "node:timers/promises";

/** How long and how often to try. */
export interface PollOptions {
  /** Give up after this many milliseconds; generous by default, for machines are busy. */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** What was waited for, as the start of the failure's message. */
  readonly message?: string;
}

const TIMEOUT_MS = 20_000;
const INTERVAL_MS = 20;

/** Repeats until `attempt` neither throws nor returns false; for assertions that become true. Returns its value. */
export async function eventually<Value>(
  attempt: () => Value | Promise<Value>,
  options: PollOptions = {},
): Promise<Value> {
  const deadline = Date.now() + (options.timeoutMs ?? TIMEOUT_MS);
  for (;;) {
    let problem: unknown = new Error("it stayed false");
    try {
      const value = await attempt();
      if (value !== false) return value;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > deadline) throw failure(options, problem);
    await delay(options.intervalMs ?? INTERVAL_MS);
  }
}

/** Repeats until `look` finds something, that is returns neither undefined, null nor false. */
export async function waitFor<Value>(
  look: () => Value | Promise<Value>,
  options: PollOptions = {},
): Promise<Exclude<Awaited<Value>, undefined | null | false>> {
  const found = await eventually(async () => {
    const value = await look();
    return value === undefined || value === null || value === false ? false : { value };
  }, options);
  if (found === false) throw failure(options, undefined);
  return found.value as Exclude<Awaited<Value>, undefined | null | false>;
}

function failure(options: PollOptions, problem: unknown): Error {
  const waited = `${(options.timeoutMs ?? TIMEOUT_MS) / 1000} s`;
  const detail = problem instanceof Error ? problem.message : String(problem);
  return new Error(`${options.message ?? "What was waited for"} did not happen within ${waited}: ${detail}`, {
    cause: problem,
  });
}

import type { SluiceError } from "../errors/index.ts";
import { after } from "../timers/index.ts";
import { cancelledCall, lateCall } from "./failures.ts";
import type { CallOptions } from "./types.ts";

/** Longest delay a timer takes; a longer deadline is no deadline. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `onEnd` once when the caller's signal aborts or its deadline passes.
 * @returns stops watching; call it when the call has ended by itself
 */
export function watchCaller(path: string, options: CallOptions, onEnd: (reason: SluiceError) => void): () => void {
  const { signal, deadlineMs } = options;
  let stopTimer: (() => void) | undefined;
  const stop = (): void => {
    stopTimer?.();
    signal?.removeEventListener("abort", onAbort);
  };
  const end = (reason: SluiceError): void => {
    stop();
    onEnd(reason);
  };
  const onAbort = (): void => end(cancelledCall(path));
  signal?.addEventListener("abort", onAbort, { once: true });
  if (deadlineMs !== undefined && deadlineMs <= MAX_TIMER_MS) {
    stopTimer = after(Math.max(0, deadlineMs), () => end(lateCall(path)));
  }
  return stop;
}

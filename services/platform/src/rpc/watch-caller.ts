import type { SluiceError } from "../errors/index.ts";
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
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    if (timer !== undefined) clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
  const end = (reason: SluiceError): void => {
    stop();
    onEnd(reason);
  };
  const onAbort = (): void => end(cancelledCall(path));
  signal?.addEventListener("abort", onAbort, { once: true });
  if (deadlineMs !== undefined && deadlineMs <= MAX_TIMER_MS) {
    timer = setTimeout(() => end(lateCall(path)), Math.max(0, deadlineMs));
  }
  return stop;
}

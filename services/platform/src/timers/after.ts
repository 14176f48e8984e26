/** Long times are looked at this often. */
const STEP_MS = 250;
/** Below this a time is kept by a timer of its own: being late by a step would be more than a tenth of it. */
const COARSE_FROM_MS = 2_500;

/** What is to be called at each step of the clock, from the first to come on. */
const steps = new Map<number, Set<() => void>>();
let ticking: NodeJS.Timeout | undefined;

/**
 * Calls back after `ms`, and returns how to take that back. From 2.5 seconds on it may be a quarter of a second late: nearly all
 * such times are limits that are taken back long before, and a timer of its own for each costs ten times as much.
 */
export function after(ms: number, callback: () => void): () => void {
  if (ms < COARSE_FROM_MS) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  }
  const step = Math.ceil((performance.now() + ms) / STEP_MS);
  let callbacks = steps.get(step);
  if (callbacks === undefined) {
    callbacks = new Set();
    steps.set(step, callbacks);
  }
  // A function of its own, so that two calls with the same callback are two.
  const call = (): void => callback();
  callbacks.add(call);
  ticking ??= setInterval(tick, STEP_MS);
  return () => {
    const waiting = steps.get(step);
    if (waiting?.delete(call) !== true || waiting.size > 0) return;
    steps.delete(step);
    // The last one: nothing keeps the process from ending.
    if (steps.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

function tick(): void {
  const now = Math.floor(performance.now() / STEP_MS);
  for (const [step, callbacks] of steps) {
    if (step > now) continue;
    steps.delete(step);
    for (const call of callbacks) call();
  }
  if (steps.size > 0) return;
  clearInterval(ticking);
  ticking = undefined;
}

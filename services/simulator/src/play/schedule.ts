import { mix } from "../answer/random.ts";

export interface PaceSettings {
  /** Time to the first token in milliseconds. */
  readonly ttftMs: number;
  /** Speed of each choice after that; 0 = no waiting between tokens. */
  readonly tokensPerSecond: number;
  /** Multiplies every waiting time; 0 = as fast as possible. */
  readonly pace: number;
}

/** When each token of one answer is due, in milliseconds after the request was understood. */
export interface Schedule {
  readonly unpaced: boolean;
  /** Due time of the token with this index; never decreases. */
  dueMs(index: number): number;
  /** How many of `total` tokens exist after so many milliseconds. */
  tokensAt(elapsedMs: number, total: number): number;
}

/** Makes the schedule of one answer. `firstMs` overrides the time to the first token, whatever the pace is. */
export function createSchedule(pace: PaceSettings, seed: number, choices: number, firstMs?: number): Schedule {
  const first = firstMs ?? pace.ttftMs * pace.pace * (0.8 + (0.4 * mix(seed, -1)) / 4_294_967_296);
  const step = pace.tokensPerSecond === 0 ? 0 : (1_000 * pace.pace) / (pace.tokensPerSecond * choices);
  // Each token moves by less than a step around its place, so order is kept without a running sum.
  const dueMs = (index: number): number =>
    first + (index === 0 || step === 0 ? 0 : step * (index + mix(seed, index) / 4_294_967_296));
  return {
    unpaced: step === 0 && first === 0,
    dueMs,
    tokensAt: (elapsedMs, total) => {
      let low = 0;
      let high = total;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (dueMs(middle) <= elapsedMs) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}

import { SluiceError } from "@sluice/platform/errors";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { Rates } from "./price.ts";

const MS_PER_SECOND = 1_000n;

/** The units of an attempt that are neither tokens of text read nor of text written, with the names of their fields. */
export function unitsOf(units: Usage): readonly (readonly [name: string, quantity: bigint])[] {
  const { images, searches, characters, audioMs, inputAudioTokens, outputAudioTokens } = units;
  const named = { images, searches, characters, audioMs, inputAudioTokens, outputAudioTokens };
  return Object.entries(named).flatMap(([name, quantity]) => (quantity === undefined ? [] : [[name, quantity]]));
}

/** What is bounded beside text, and the text it is bounded with. */
export interface UnitBounds {
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  /** Absent for chats, whose bounds are those of text. */
  readonly units?: Usage | undefined;
}

/**
 * What the units of an attempt cost at most, in millionths of a nano-USD. A request beside chat may ask for what a price says nothing about;
 * then its worst case would be nothing, which is never true.
 * @throws model_unpriced naming what has no rate
 */
export function unitsAt(rates: Rates, { units, inputTokens, outputTokens }: UnitBounds, priceId: string): bigint {
  if (units === undefined) return 0n;
  const written = rates.output ?? rates.imageOutput ?? rates.audioOutput;
  const missing: string[] = [];
  if (inputTokens > 0n && rates.input === undefined) missing.push("input tokens");
  if (outputTokens > 0n && written === undefined) missing.push("output tokens");
  let total = 0n;
  const add = (name: string, quantity: bigint | undefined, rate: bigint | undefined): void => {
    if (quantity === undefined || quantity === 0n) return;
    if (rate === undefined) missing.push(name);
    else total += quantity * rate;
  };
  add("images", units.images, rates.image);
  add("searches", units.searches, rates.search);
  add("characters", units.characters, rates.character);
  add("audio input tokens", units.inputAudioTokens, rates.audioInput);
  add("audio output tokens", units.outputAudioTokens, rates.audioOutput);
  const { audioMs } = units;
  add(
    "seconds of audio",
    audioMs === undefined ? undefined : (audioMs + MS_PER_SECOND - 1n) / MS_PER_SECOND,
    rates.audioSecond,
  );
  if (missing.length === 0) return total;
  throw new SluiceError("model_unpriced", `Price ${priceId} has no rate for ${missing.join(", ")}.`);
}

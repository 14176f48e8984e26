import type { Sampling } from "@sluice/proto/chat/v1/chat";
import type { Warnings } from "../openai/warnings.ts";
import type { Traits } from "./traits.ts";

/** While it thinks a model takes only nearly all of the mass. */
const THINKING_TOP_P_MIN = 0.95;

/** Knobs this wire has no field for, with the value that means nothing was asked. */
const UNKNOWN: readonly (readonly [keyof Sampling, string, number | undefined])[] = [
  ["frequencyPenalty", "frequency_penalty", 0],
  ["presencePenalty", "presence_penalty", 0],
  ["seed", "seed", undefined],
  ["minP", "min_p", 0],
  ["repetitionPenalty", "repetition_penalty", 1],
];

interface Context {
  readonly traits: Traits;
  /** True if the request asks for thinking. */
  readonly thinking: boolean;
  readonly warnings: Warnings;
}

function temperatureOf(asked: number | undefined, { thinking, warnings }: Context): number | undefined {
  if (asked === undefined) return undefined;
  if (thinking) {
    if (asked !== 1) warnings.say("temperature cannot be set while the model thinks; it was dropped.");
    return undefined;
  }
  if (asked <= 1) return asked;
  warnings.say(`temperature goes up to 1 here; ${asked} was lowered to 1.`);
  return 1;
}

function dropUnknown(sampling: Sampling, warnings: Warnings): void {
  for (const [knob, name, neutral] of UNKNOWN) {
    const value = sampling[knob];
    if (value !== undefined && value !== neutral) warnings.dropped(name);
  }
  if (Object.keys(sampling.logitBias).length > 0) warnings.dropped("logit_bias");
}

function dropFixed(sampling: Sampling, warnings: Warnings): void {
  if (sampling.temperature !== undefined && sampling.temperature !== 1) warnings.dropped("temperature of this model");
  if (sampling.topP !== undefined && sampling.topP !== 1) warnings.dropped("top_p of this model");
  if (sampling.topK !== undefined) warnings.dropped("top_k of this model");
}

/** Puts the knobs into the body that the model accepts in this request; the others become warnings. */
export function addSampling(body: Record<string, unknown>, sampling: Sampling, context: Context): void {
  const { traits, thinking, warnings } = context;
  dropUnknown(sampling, warnings);
  if (traits.sampling === "fixed") {
    dropFixed(sampling, warnings);
    return;
  }
  const temperature = temperatureOf(sampling.temperature, context);
  if (temperature !== undefined) body["temperature"] = temperature;
  if (sampling.topP !== undefined) {
    const both = traits.sampling === "one" && temperature !== undefined;
    if (both) warnings.say("This model takes temperature or top_p but not both; top_p was dropped.");
    else if (thinking && sampling.topP < THINKING_TOP_P_MIN) {
      warnings.say(`top_p below ${THINKING_TOP_P_MIN} cannot be set while the model thinks; it was dropped.`);
    } else body["top_p"] = sampling.topP;
  }
  if (sampling.topK !== undefined) {
    if (thinking) warnings.say("top_k cannot be set while the model thinks; it was dropped.");
    else body["top_k"] = sampling.topK;
  }
}

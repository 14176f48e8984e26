import { OUTPUT_TOKENS_MAX } from "../../answer/plan-answer.ts";
import type { ModelName } from "../../models/model-name.ts";
import type { Refusal } from "../../serve/wire.ts";
import type { Body } from "../values.ts";
import { invalid } from "./errors.ts";
import { fields } from "./fields.ts";

const CHOICES_MAX = 8;
const STOP_MAX = 5;
const BUDGET_LOW = 1_024;
const BUDGET_MEDIUM = 8_192;

/** Bounds of the numbers in `generationConfig`. */
const NUMBERS = {
  candidateCount: { min: 1, max: CHOICES_MAX, integer: true },
  maxOutputTokens: { min: 1, max: OUTPUT_TOKENS_MAX, integer: true },
  seed: { min: -2_147_483_648, max: 2_147_483_647, integer: true },
  temperature: { min: 0, max: 2, integer: false },
  topP: { min: 0, max: 1, integer: false },
} as const;

/** Refuses numbers out of bounds and too many stop sequences. */
export function checkConfig(config: Body): Refusal | undefined {
  for (const [name, { min, max, integer }] of Object.entries(NUMBERS)) {
    const value = config[name];
    if (value === undefined || value === null) continue;
    const place = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (typeof value !== "number" || (integer && !Number.isSafeInteger(value))) {
      return invalid(`Invalid value at 'generation_config.${place}' (TYPE_${integer ? "INT32" : "FLOAT"})`);
    }
    if (value >= min && value <= max) continue;
    return invalid(
      `* GenerateContentRequest.generation_config.${place}: ${name} must be in the range [${min}, ${max}], but got ${value}.\n`,
    );
  }
  const stop = config["stopSequences"];
  if (!Array.isArray(stop) || stop.length <= STOP_MAX) return undefined;
  return invalid(
    `* GenerateContentRequest.generation_config.stop_sequences: at most ${STOP_MAX} stop sequences, but got ${stop.length}.\n`,
  );
}

/** Reads how much to think, as an effort word, and whether it is shown. */
export function readThinking(
  config: Body,
  model: ModelName,
): { readonly effort: string; readonly include: boolean } | Refusal {
  const { thinkingBudget: budget, thinkingLevel: level, includeThoughts } = fields(config["thinkingConfig"]);
  const include = includeThoughts === true;
  if (level !== undefined && budget !== undefined) {
    return invalid("You can only set only one of thinking budget and thinking level.");
  }
  if (level !== undefined) {
    if (model.base !== "reasoner") return invalid("Thinking level is not supported for this model.");
    return { effort: String(level).toLowerCase(), include };
  }
  if (typeof budget !== "number" || budget < 0) return { effort: "medium", include };
  if (budget === 0) return { effort: "none", include };
  return { effort: budget <= BUDGET_LOW ? "low" : budget <= BUDGET_MEDIUM ? "medium" : "high", include };
}

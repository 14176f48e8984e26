import type { Warnings } from "../openai/warnings.ts";

/** Where callers of this dialect name features on trial; on the wire they stand in a header. */
const FIELD = "anthropic_beta";
/** Features that change the price of tokens without the usage telling it. */
const UNPRICED = /^context-1m-/;

/** Takes the features on trial out of the extra fields of this dialect. */
export function betasOf(extra: Record<string, unknown>, warnings: Warnings): Set<string> {
  const { [FIELD]: given } = extra;
  delete extra[FIELD];
  const betas = new Set<string>();
  for (const beta of Array.isArray(given) ? (given as unknown[]) : []) {
    if (typeof beta !== "string") continue;
    if (UNPRICED.test(beta)) warnings.say(`${beta} changes the price in a way that is not known here; it was dropped.`);
    else betas.add(beta);
  }
  return betas;
}

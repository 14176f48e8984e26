import type { Check } from "./check.ts";
import { empty } from "./empty.ts";
import { inBandError } from "./in-band-error.ts";

/** Every check, in order of cost. */
export const CHECKS: readonly Check[] = [inBandError, empty];

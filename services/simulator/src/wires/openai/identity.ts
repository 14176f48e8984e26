import { newId } from "@sluice/platform/ids";
import { seedOf } from "../../answer/random.ts";
import { BASES, type ModelName } from "../../models/model-name.ts";

/** What every object of one answer repeats. */
export interface AnswerIdentity {
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly model: string;
  readonly fingerprint: string;
  readonly serviceTier: string;
}

const FINGERPRINTS = new Map(
  Object.keys(BASES).map((base) => [base, `fp_${seedOf(base).toString(16).padStart(10, "0")}`]),
);

/** Names a new answer. */
export function newIdentity(model: ModelName, serviceTier: string): AnswerIdentity {
  return {
    id: newId("chatcmpl").replace("_", "-"),
    created: Math.floor(Date.now() / 1_000),
    model: model.name,
    fingerprint: FINGERPRINTS.get(model.base) ?? "fp_0000000000",
    serviceTier,
  };
}

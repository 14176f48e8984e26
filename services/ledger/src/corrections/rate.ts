import { SluiceError } from "@sluice/platform/errors";
import type { Catalogue } from "../prices/catalogue.ts";
import { cost } from "../prices/cost.ts";
import { usageOf } from "../store/texts.ts";
import type { ChargedAttempt } from "./charged-attempts.ts";

/** What an attempt would cost by today's catalogue. */
export interface Rating {
  readonly attempt: ChargedAttempt;
  readonly outcome:
    | { readonly kind: "same" }
    | { readonly kind: "changed"; readonly version: string; readonly nanousd: bigint }
    /** Nobody knows what it used, or its model has no price for that. */
    | { readonly kind: "left_out" };
}

/**
 * Prices an attempt by the version that is valid at its start now; undefined if it is not among the price ids asked for (none asks for
 * all). A price version never changes, so an attempt that is charged by the valid one costs what it did.
 */
export function rate(catalogue: Catalogue, attempt: ChargedAttempt, priceIds: ReadonlySet<string>): Rating | undefined {
  const { head, version, startedAt } = attempt;
  const priceId = head.priceId === "" ? (version.split("@", 1)[0] ?? "") : head.priceId;
  if (priceIds.size > 0 && !priceIds.has(priceId)) return undefined;
  // An attempt that used nothing billable costs nothing by any price.
  if (head.usage === "" && !attempt.estimated && attempt.net.nanousd === 0n)
    return { attempt, outcome: { kind: "same" } };
  const usage = usageOf(head.usage);
  const price = catalogue.at(priceId, startedAt, head.tenant);
  if (usage === undefined || attempt.estimated || price === undefined)
    return { attempt, outcome: { kind: "left_out" } };
  if (price.id === version) return { attempt, outcome: { kind: "same" } };
  try {
    return { attempt, outcome: { kind: "changed", version: price.id, nanousd: cost(usage, price, head.serviceTier) } };
  } catch (error) {
    if (SluiceError.from(error).code !== "model_unpriced") throw error;
    return { attempt, outcome: { kind: "left_out" } };
  }
}

import { SluiceError } from "@sluice/platform/errors";
import type { HoldRequest } from "@sluice/proto/ledger/v1/ledger_service";
import type { AccountRef } from "../accounts.ts";
import { inUnit } from "../amounts.ts";
import type { LedgerConfig } from "../config.ts";
import { type Bounds, payableOutput, worstCase } from "../prices/bounds.ts";
import { type Catalogue, flatPriceOf } from "../prices/catalogue.ts";
import type { Price } from "../prices/price.ts";
import { boundsOf, termsOf } from "./hold-terms.ts";
import type { HoldTerms, PlaceOutcome, Shortfall } from "./types.ts";

export interface PriceOptions {
  readonly catalogue: Catalogue;
  readonly config: Pick<LedgerConfig, "unpriced" | "flat_hold_nanousd">;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The price a hold is placed by; undefined if the model has none, or none for the tier asked for, and the policy denies such models. */
export function priceFor(request: HoldRequest, { catalogue, config, at }: PriceOptions): Price | undefined {
  const price = catalogue.at(request.priceId, at, request.tenantId);
  if (price !== undefined && hasRates(request, price)) return price;
  return config.unpriced === "deny" ? undefined : flatPriceOf(BigInt(config.flat_hold_nanousd));
}

function hasRates(request: HoldRequest, price: Price): boolean {
  try {
    worstCase(boundsOf(request), price);
    return true;
  } catch (error) {
    if (SluiceError.from(error).code === "model_unpriced") return false;
    throw error;
  }
}

export interface PlaceQuestion {
  readonly request: HoldRequest;
  readonly accounts: readonly AccountRef[];
  readonly price: Price;
  readonly now: () => number;
}

export interface PlaceAnswer {
  readonly outcome: PlaceOutcome;
  /** What it was asked with last. */
  readonly terms: HoldTerms;
}

/** Bounds that are tried before the smallest acceptable one has the last word. */
const TRIES_MAX = 8;

/** Asks for the whole output bound, and where the caller allows less and limits have room for less, for that. */
export async function placeLowering(
  { request, accounts, price, now }: PlaceQuestion,
  place: (terms: HoldTerms) => Promise<PlaceOutcome>,
): Promise<PlaceAnswer> {
  const whole = boundsOf(request);
  const smallest = request.outputTokenMinimum > 0n ? request.outputTokenMinimum : whole.outputTokens;
  let bounds = whole;
  for (let tries = 1; ; tries++) {
    const terms = termsOf({ request, accounts, bounds, price, now: now() });
    const outcome = await place(terms);
    if (outcome.kind !== "refused" || bounds.outputTokens <= smallest) return { outcome, terms };
    const next = { bounds, price, shortfalls: outcome.shortfalls, smallest, terms };
    bounds = { ...whole, outputTokens: tries < TRIES_MAX ? nextOutput(next) : smallest };
  }
}

interface LowerQuestion {
  readonly bounds: Bounds;
  readonly price: Price;
  readonly shortfalls: readonly Shortfall[];
  /** The smallest output bound that is acceptable. */
  readonly smallest: bigint;
  /** What was refused. */
  readonly terms: HoldTerms;
}

/** The output bound to try next: what the rooms pay for, else the smallest acceptable one, whose refusal is the final word. */
function nextOutput({ bounds, price, shortfalls, smallest, terms }: LowerQuestion): bigint {
  const extra = terms.amounts.nanousd - worstCase(bounds, price).nanousd;
  const rooms = shortfalls.map(({ unit, limit, spent, held, needed }) => {
    // What a slice gives is room too, and what is held beside the bounds takes room.
    const given = inUnit(terms.amounts, unit) - needed;
    return { unit, room: limit - spent - held + given - (unit === "nanousd" ? extra : 0n) };
  });
  const payable = payableOutput(bounds, price, rooms);
  // Always lower than before, so that the attempts to place come to an end.
  const lower = payable < bounds.outputTokens ? payable : bounds.outputTokens - 1n;
  return lower > smallest ? lower : smallest;
}

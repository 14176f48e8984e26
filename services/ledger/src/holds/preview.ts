import type { HoldRefused, HoldRequest, PreviewedLimit, PreviewResponse } from "@sluice/proto/ledger/v1/ledger_service";
import { accountToProto, unitToProto } from "../accounts.ts";
import type { LedgerConfig } from "../config.ts";
import type { Catalogue } from "../prices/catalogue.ts";
import { EMPTY_COUNTER } from "./book.ts";
import { checkHoldRequest } from "./check-request.ts";
import { boundsOf, chainOf, isUnbounded, limitedOf, outputBoundIn, sliceFor, startOf, termsOf } from "./hold-terms.ts";
import { placeLowering, priceFor } from "./lower-bound.ts";
import { placeHold } from "./machine.ts";
import { MemoryBook } from "./memory-book.ts";
import { refusalOf, sessionEndedOf, unboundedOf, unpricedOf } from "./refusal.ts";
import { isPassed, standingsOf } from "./room.ts";
import { giftFor } from "./slice.ts";
import type { AccountView, Hold, HoldStore, HoldTerms, LimitStanding, PlaceOutcome } from "./types.ts";
import { instanceName, type TimeZones } from "./windows.ts";

export interface PreviewOptions {
  readonly store: HoldStore;
  readonly catalogue: Catalogue;
  readonly zones: TimeZones;
  readonly config: LedgerConfig;
  readonly now: () => number;
}

/**
 * What `Hold` would answer to a request now, and every limit on its chain: the same decision on a copy of the counters, of which nothing is kept.
 * @throws invalid_request, unavailable
 */
export async function preview(options: PreviewOptions, request: HoldRequest): Promise<PreviewResponse> {
  const { store, catalogue, config, zones, now } = options;
  checkHoldRequest(request, { ttlMaxMs: config.hold_ttl_max_ms, now: now() });
  const price = priceFor(request, { catalogue, config, at: startOf(request, now()) });
  if (price === undefined) return { ...NOTHING_KNOWN, refused: unpricedOf(request.priceId) };
  const slice = await sliceFor(store, request);
  const accounts = chainOf(request, slice);
  const views = await store.balances(request.tenantId, accounts);
  const book = (): MemoryBook => new MemoryBook(zones, views, slice === undefined ? [] : [slice]);
  const whole = termsOf({ request, accounts, bounds: boundsOf(request), price, now: now() });
  const { outcome, terms } = await placeLowering({ request, accounts, price, now }, async (tried) =>
    placeHold(book(), tried),
  );
  return {
    priced: true,
    priceVersion: price.id,
    worstCaseNanousd: whole.amounts.nanousd,
    refused: refusedOf(options, request, outcome, views),
    outputTokenBound: outputBoundIn(terms.amounts, request),
    limits: limitsOf(book(), whole, slice),
  };
}

const NOTHING_KNOWN: Omit<PreviewResponse, "refused"> = {
  ...{ priced: false, priceVersion: "", worstCaseNanousd: 0n, outputTokenBound: 0n, limits: [] },
};

function refusedOf(
  { config, zones, now }: PreviewOptions,
  request: HoldRequest,
  outcome: PlaceOutcome,
  views: readonly AccountView[],
): HoldRefused | undefined {
  if (outcome.kind === "session_ended") return sessionEndedOf(request.sliceId);
  const limited = isUnbounded(request) ? limitedOf(views) : undefined;
  if (limited !== undefined) return unboundedOf(limited, request.unbounded);
  if (outcome.kind !== "refused") return undefined;
  const zone = zones.zoneOf(request.tenantId);
  return refusalOf(outcome.shortfalls, { retryAfterMs: config.held_retry_after_ms, now: now(), zone });
}

function limitsOf(book: MemoryBook, terms: HoldTerms, slice: Hold | undefined): PreviewedLimit[] {
  const gift = slice === undefined ? undefined : giftFor(book, slice, terms);
  return standingsOf(book, terms, gift).map((standing) => ({
    balance: balanceOf(book, terms.tenant, standing),
    needed: standing.needed,
    fits: !isPassed(standing, terms.amounts),
    fitsLater: !isPassed({ ...standing, held: 0n }, terms.amounts),
  }));
}

function balanceOf(book: MemoryBook, tenant: string, standing: LimitStanding): PreviewedLimit["balance"] {
  const { account, window, windowStart, windowEnd, unit, limit, soft, spent, held } = standing;
  const { openHolds } =
    window === "total"
      ? book.account(tenant, account)
      : (book.windows(tenant, account)?.get(instanceName(window, windowStart)) ?? EMPTY_COUNTER);
  return {
    account: accountToProto(account),
    tenantId: tenant,
    unit: unitToProto(unit),
    ...{ window, limit, soft, spent, held, posted: spent, openHolds: BigInt(openHolds) },
    windowStartedAtMs: BigInt(windowStart),
    windowEndsAtMs: BigInt(windowEnd),
  };
}

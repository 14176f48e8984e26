import { HoldPlaced } from "@sluice/proto/events/v1/ledger_events";
import type { HoldRequest } from "@sluice/proto/ledger/v1/ledger_service";
import { type AccountRef, accountKey, accountToProto, amountToProto, chainFromProto } from "../accounts.ts";
import type { Amounts } from "../amounts.ts";
import { type Bounds, worstCase } from "../prices/bounds.ts";
import { checkAmount } from "../prices/cost.ts";
import type { Price } from "../prices/price.ts";
import { unitsOf } from "../prices/unit-bounds.ts";
import { fingerprint } from "./fingerprint.ts";
import { isOpenSlice } from "./slice.ts";
import type { AccountView, Hold, HoldStore, HoldTerms } from "./types.ts";

/** The most that an attempt can use, as it is asked for. */
export function boundsOf(request: HoldRequest): Bounds {
  return {
    inputTokens: request.inputTokenBound,
    outputTokens: request.outputTokenBound,
    answers: BigInt(request.n),
    serviceTier: request.serviceTier,
    units: request.units,
  };
}

/** What is held for these bounds: the worst case and the flat amount for what has no bound. @throws invalid_request above what stores can keep */
export function heldFor(request: HoldRequest, bounds: Bounds, price: Price): Amounts {
  const amounts = worstCase(bounds, price);
  const nanousd = amounts.nanousd + request.extraNanousd;
  checkAmount(nanousd);
  return { ...amounts, nanousd };
}

/** Tokens of text that one answer may have by what is held; speech, which is held beside it, cannot be shortened. */
export function outputBoundIn({ outputTokens }: Amounts, { n, units }: HoldRequest): bigint {
  return (outputTokens - (units?.outputAudioTokens ?? 0n)) / BigInt(n);
}

/** When the attempt starts, in epoch milliseconds. */
export function startOf({ startedAtMs }: HoldRequest, now: number): number {
  return startedAtMs > 0n ? Number(startedAtMs) : now;
}

export interface TermsQuestion {
  readonly request: HoldRequest;
  readonly accounts: readonly AccountRef[];
  readonly bounds: Bounds;
  readonly price: Price;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What the hold of an attempt says. */
export function termsOf({ request, accounts, bounds, price, now }: TermsQuestion): HoldTerms {
  return {
    id: request.attemptId,
    tenant: request.tenantId,
    requestId: request.requestId,
    accounts,
    amounts: heldFor(request, bounds, price),
    provider: request.provider,
    model: request.model,
    priceId: request.priceId,
    priceVersion: price.id,
    fingerprint: fingerprintOf(request),
    placedAt: now,
    expiresAt: now + Number(request.ttlMs),
    startedAt: startOf(request, now),
    sliceId: request.sliceId,
    size: NO_SIZE,
    task: request.task,
    tags: request.tags,
  };
}

const NO_SIZE: HoldTerms["size"] = Object.freeze([]);

/**
 * The accounts a hold is placed on. A call on a slice is charged to the session and to the slice's parents, of which the request need not
 * name any: one of a kind it does name stays as it says.
 */
export function chainOf(request: HoldRequest, slice: Hold | undefined): readonly AccountRef[] {
  const named = chainFromProto(request.accounts);
  if (slice === undefined) return named;
  const session: AccountRef = { kind: "session", id: slice.id };
  const kinds = new Set(named.map(({ kind }) => kind));
  const parents = slice.accounts.filter(({ kind }) => !kinds.has(kind));
  const own = named.some((each) => accountKey(each) === accountKey(session)) ? [] : [session];
  return [...own, ...named, ...parents];
}

/** The slice that is to pay, if it is open; whether it still is when the hold is placed is decided there. */
export async function sliceFor(
  store: Pick<HoldStore, "find">,
  { tenantId: tenant, sliceId: id }: HoldRequest,
): Promise<Hold | undefined> {
  if (id === "") return undefined;
  const slice = (await store.find([{ tenant, id }])).get(id);
  return slice !== undefined && isOpenSlice(slice) ? slice : undefined;
}

/** True if the request asks for what has no bound, and nothing is held for that. */
export function isUnbounded({ unbounded, extraNanousd }: HoldRequest): boolean {
  return unbounded.length > 0 && extraNanousd === 0n;
}

/** An account with a hard limit, which must not pay for what has no bound. */
export function limitedOf(views: readonly AccountView[]): AccountRef | undefined {
  return views.find(({ limits }) => limits.some(({ soft }) => !soft))?.account;
}

function fingerprintOf(request: HoldRequest): string {
  const { requestId, priceId, provider, model, inputTokenBound, outputTokenBound, outputTokenMinimum } = request;
  const accounts = request.accounts.map(({ kind, id }) => `${kind}:${id}`);
  const numbers = [inputTokenBound, outputTokenBound, outputTokenMinimum, request.n, request.startedAtMs];
  const more = request.sliceId === "" && request.extraNanousd === 0n ? [] : [request.sliceId, request.extraNanousd];
  const units = request.units === undefined ? [] : unitsOf(request.units).map(([name, value]) => `${name}=${value}`);
  return fingerprint([requestId, priceId, provider, model, ...numbers, ...more, ...units, ...accounts].join("\n"));
}

/** `hold.placed`. */
export function placedEvent(hold: Hold) {
  const { amounts } = hold;
  const payload = HoldPlaced.fromPartial({
    holdId: hold.id,
    requestId: hold.requestId,
    tenantId: hold.tenant,
    accounts: hold.accounts.map(accountToProto),
    amounts: [
      amountToProto("nanousd", amounts.nanousd),
      amountToProto("input_tokens", amounts.inputTokens),
      amountToProto("output_tokens", amounts.outputTokens),
    ],
    priceVersion: hold.priceVersion,
    provider: hold.provider,
    model: hold.model,
    placedAtMs: BigInt(hold.placedAt),
    expiresAtMs: BigInt(hold.expiresAt),
    priceId: hold.priceId,
    startedAtMs: BigInt(hold.startedAt),
    sliceId: hold.sliceId,
    task: hold.task,
    tags: { ...hold.tags },
    slice: hold.size.length > 0,
    size: hold.size.map(({ unit, value }) => amountToProto(unit, value)),
  });
  const id = `${hold.id}.placed`;
  return { type: "hold.placed", id, tenant: hold.tenant, payload, priority: "admission" } as const;
}

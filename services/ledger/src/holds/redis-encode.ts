import { type AccountRef, accountKey } from "../accounts.ts";
import { NOTHING, UNITS } from "../amounts.ts";
import { limbsOf } from "./limbs.ts";
import { amountLimbs, chainText, restText, STATES } from "./redis-record.ts";
import type { AccountName, Hold, HoldTerms, LimitChange, Settlement, SpentRow, WindowSpentRow } from "./types.ts";
import {
  CALENDAR_WINDOWS,
  type CalendarWindow,
  counterKey,
  instanceAt,
  instanceName,
  type TimeZones,
  WINDOWS,
} from "./windows.ts";

/** Chains of a batch, each once; scripts name them by their place, from 1. */
class Chains {
  readonly texts: string[] = [];
  readonly #places = new Map<string, number>();

  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.texts.push(text);
    this.#places.set(text, this.texts.length);
    return this.texts.length;
  }
}

/** What a script is given: the batch, and per step a text it keeps without reading. */
export interface Encoded {
  readonly batch: unknown;
  readonly rest: readonly string[];
}

/** Holds to place before a deadline (ms of Redis's clock, 0 for none); with `force` live ones to put back. */
export function encodePlacings(
  terms: readonly (HoldTerms | Hold)[],
  zones: TimeZones,
  { force, deadline }: { readonly force: boolean; readonly deadline: number },
): Encoded {
  const chains = new Chains();
  const holds = terms.map((hold) => [
    ...[hold.id, chains.place(chainText(hold, zones.zoneOf(hold.tenant))), hold.expiresAt, hold.placedAt],
    ...["started" in hold && hold.started ? 1 : 0, ...amountLimbs(hold.amounts), hold.startedAt],
    "counters" in hold && hold.counters.length > 0 ? JSON.stringify(hold.counters) : "",
  ]);
  return { batch: [force ? 1 : 0, chains.texts, holds, deadline], rest: terms.map(restText) };
}

/** A step on a hold that exists. */
export type Change =
  | { readonly kind: "settle"; readonly settlement: Settlement }
  | { readonly kind: "void"; readonly id: string; readonly at: number; readonly expiredAt: number | undefined }
  | { readonly kind: "start"; readonly id: string }
  | { readonly kind: "renew"; readonly id: string; readonly expiresAt: number }
  | { readonly kind: "shrink"; readonly id: string; readonly keepNanousd: bigint };

export function idOf(change: Change): string {
  return change.kind === "settle" ? change.settlement.id : change.id;
}

/** Steps on holds that exist. */
export function encodeChanges(changes: readonly Change[], zones: TimeZones, rememberMs: number): Encoded {
  const chains = new Chains();
  const rest: string[] = [];
  const steps = changes.map((change) => {
    rest.push(change.kind === "settle" ? restOfUnknown(change.settlement) : "");
    return stepOf(change, zones, chains);
  });
  return { batch: [chains.texts, rememberMs, steps], rest };
}

function stepOf(change: Change, zones: TimeZones, chains: Chains): readonly unknown[] {
  switch (change.kind) {
    case "settle":
      return settleStep(change.settlement, zones, chains);
    case "void":
      return [2, change.id, change.at, change.expiredAt ?? -1];
    case "start":
      return [3, change.id];
    case "renew":
      return [4, change.id, change.expiresAt];
    case "shrink":
      return [5, change.id, ...limbsOf(change.keepNanousd)];
  }
}

function settleStep(settlement: Settlement, zones: TimeZones, chains: Chains): readonly unknown[] {
  const { id, tenant, at, rank, ending, total, chargeUnknown, startedAt } = settlement;
  const zone = zones.zoneOf(tenant);
  const start = startedAt ?? at;
  const isUsed = chargeUnknown !== undefined || startedAt !== undefined;
  const chain = { accounts: chargeUnknown ?? [], sliceId: "", startedAt: start, size: [] };
  return [
    ...[1, id, at, rank, STATES.indexOf(ending), ...amountLimbs(total)],
    ...[isUsed ? chains.place(chainText(chain, zone)) : 0, chargeUnknown === undefined ? 0 : 1, start],
    CALENDAR_WINDOWS.map((window) => instanceAt(window, zone, start).end),
    amountLimbs(settlement.before ?? NOTHING),
  ];
}

function restOfUnknown({ id, tenant, at, total, chargeUnknown, startedAt = at }: Settlement): string {
  if (chargeUnknown === undefined) return "";
  const names = { requestId: "", provider: "", model: "", priceId: "", priceVersion: "", fingerprint: "" };
  const empty = { ...names, sliceId: "", size: [], task: "", tags: {}, placedAt: at, expiresAt: at };
  return restText({ id, tenant, accounts: chargeUnknown, amounts: total, startedAt, ...empty });
}

/** Limits to set or remove, and the windows they open. */
export function encodeLimits(changes: readonly LimitChange[], zones: TimeZones): readonly unknown[] {
  return changes.flatMap((change) => {
    const { tenant, account, window, unit, soft, limit, opening } = change;
    const row = [WINDOWS.indexOf(window), UNITS.indexOf(unit) + 1, soft ? 1 : 0, limit === undefined ? 0 : 1];
    const set = [1, accountKey(account), ...row, ...limbsOf(limit ?? 0n)];
    if (opening === undefined || window === "total") return [set];
    return [set, openingStep({ tenant, account, window, ...opening }, zones)];
  });
}

/** An instance of a window that begins with what was spent in it so far. */
export function openingStep({ tenant, account, window, start, spent }: WindowSpentRow, zones: TimeZones): unknown {
  const { end } = instanceAt(window, zones.zoneOf(tenant), start);
  return [2, windowCounter(window, start, account), accountKey(account), start, end, ...amountLimbs(spent)];
}

/** What an account has spent in total. */
export function spentStep({ account, spent }: SpentRow): unknown {
  return [3, accountKey(account), ...amountLimbs(spent)];
}

export function forgetStep(counters: readonly string[]): unknown {
  return [5, counters];
}

export function forgetAccountsStep(accounts: readonly AccountName[]): unknown {
  return [6, accounts.map(({ account }) => accountKey(account))];
}

function windowCounter(window: CalendarWindow, start: number, account: AccountRef): string {
  return counterKey(instanceName(window, start), account);
}

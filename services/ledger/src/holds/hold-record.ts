import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import { UNITS } from "../amounts.ts";
import type { Hold, HoldState, HoldTerms, Limit, Limits, Rank, UnitAmount } from "./types.ts";
import { isWindow } from "./windows.ts";

/** The part of a hold that never changes. */
export type HoldDetail = Omit<HoldTerms, "id" | "tenant" | "amounts" | "expiresAt">;

/** What only some holds say, as the last element of the text; rows of earlier versions have none. */
interface Extra {
  /** Start in epoch milliseconds, if it is not the moment of placing. */
  readonly at?: number;
  readonly slice?: string;
  readonly size?: readonly (readonly [unit: string, value: string])[];
  readonly task?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** That part as JSON text: a list of texts, the keys of the accounts from the seventh on, at its end an object if there is more to say. */
export function detailOf(terms: HoldDetail): string {
  const extra = extraOf(terms);
  return JSON.stringify([
    terms.requestId,
    terms.provider,
    terms.model,
    terms.priceId,
    terms.priceVersion,
    terms.fingerprint,
    ...terms.accounts.map(accountKey),
    ...(extra === undefined ? [] : [extra]),
  ]);
}

function extraOf({ placedAt, startedAt, sliceId, size, task, tags }: HoldDetail): Extra | undefined {
  const isTagged = Object.keys(tags).length > 0;
  if (startedAt === placedAt && sliceId === "" && size.length === 0 && task === "" && !isTagged) return undefined;
  return {
    ...(startedAt === placedAt ? {} : { at: startedAt }),
    ...(sliceId === "" ? {} : { slice: sliceId }),
    ...(size.length === 0 ? {} : { size: size.map(({ unit, value }) => [unit, String(value)] as const) }),
    ...(task === "" ? {} : { task }),
    ...(isTagged ? { tags } : {}),
  };
}

/** The changing part of a stored hold. */
export interface HoldFields {
  readonly id: string;
  readonly tenant: string;
  readonly state: HoldState;
  readonly counters: readonly string[];
  readonly started: boolean;
  readonly rank: Rank;
  readonly amounts: Hold["amounts"];
  readonly settled: Hold["settled"];
  readonly placedAt: number;
  readonly expiresAt: number;
  readonly endedAt: number;
}

/** The hold that its changing fields and `detailOf` text describe. */
export function holdOf(fields: HoldFields, detail: string): Hold {
  const all = JSON.parse(detail) as (string | Extra)[];
  const last = all.at(-1);
  const extra: Extra = typeof last === "object" ? last : {};
  const texts = all.filter((each) => typeof each === "string");
  const [requestId = "", provider = "", model = "", priceId = "", priceVersion = "", fingerprint = "", ...keys] = texts;
  const accounts: readonly AccountRef[] = keys.map(accountOfKey);
  const { at: startedAt = fields.placedAt, slice: sliceId = "", task = "", tags = {} } = extra;
  const about = { requestId, provider, model, priceId, priceVersion, fingerprint, accounts };
  return { ...fields, ...about, startedAt, sliceId, size: (extra.size ?? []).flatMap(unitAmountOf), task, tags };
}

function unitAmountOf([unit, value]: readonly [unit: string, value: string]): readonly UnitAmount[] {
  const known = UNITS.find((each) => each === unit);
  return known === undefined ? [] : [{ unit: known, value: BigInt(value) }];
}

export function toRank(value: number | bigint): Rank {
  const rank = Number(value);
  return rank === 1 || rank === 2 ? rank : 0;
}

export function toState(text: string): HoldState {
  return text === "settled" || text === "void" || text === "expired" ? text : "live";
}

/** Limits as JSON text, each `[window, unit, soft, amount]`. */
export function limitsToText(limits: Limits): string {
  return JSON.stringify(limits.map(({ window, unit, soft, limit }) => [window, unit, soft ? 1 : 0, String(limit)]));
}

/** The limits that `limitsToText` wrote. */
export function limitsFromText(text: string): Limits {
  const rows = JSON.parse(text) as readonly (readonly [string, string, number, string])[];
  return rows.flatMap(([window, unit, soft, limit]): readonly Limit[] => {
    const known = UNITS.find((each) => each === unit);
    return known === undefined || !isWindow(window)
      ? []
      : [{ window, unit: known, soft: soft === 1, limit: BigInt(limit) }];
  });
}

/** The limits of an earlier version's row: one amount per unit, all of them hard and on the total. */
export function oldLimits(bounds: readonly unknown[]): Limits {
  return UNITS.flatMap((unit, index): readonly Limit[] => {
    const bound = bounds[index];
    if (typeof bound !== "string" && typeof bound !== "bigint") return [];
    return [{ window: "total", unit, soft: false, limit: BigInt(bound) }];
  });
}

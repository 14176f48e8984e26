import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import type { Hold, HoldState, HoldTerms, Rank } from "./types.ts";

/** The part of a hold that never changes. */
export type HoldDetail = Pick<
  HoldTerms,
  "requestId" | "provider" | "model" | "priceId" | "priceVersion" | "fingerprint" | "accounts"
>;

/** That part as JSON text; the scripts of the Redis store read the accounts from it. */
export function detailOf(terms: HoldDetail): string {
  return JSON.stringify([
    terms.requestId,
    terms.provider,
    terms.model,
    terms.priceId,
    terms.priceVersion,
    terms.fingerprint,
    ...terms.accounts.map(accountKey),
  ]);
}

/** The changing part of a stored hold. */
export interface HoldFields {
  readonly id: string;
  readonly tenant: string;
  readonly state: HoldState;
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
  const [requestId = "", provider = "", model = "", priceId = "", priceVersion = "", fingerprint = "", ...keys] =
    JSON.parse(detail) as string[];
  const accounts: readonly AccountRef[] = keys.map(accountOfKey);
  return { ...fields, requestId, provider, model, priceId, priceVersion, fingerprint, accounts };
}

export function toRank(value: number | bigint): Rank {
  const rank = Number(value);
  return rank === 1 || rank === 2 ? rank : 0;
}

export function toState(text: string): HoldState {
  return text === "settled" || text === "void" || text === "expired" ? text : "live";
}

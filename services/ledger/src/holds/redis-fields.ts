import { type AccountRef, accountOfKey } from "../accounts.ts";
import { type Amounts, UNITS, type UnitName } from "../amounts.ts";
import { holdOf, toRank, toState } from "./hold-record.ts";
import { fromLimbs, unpackLimbs } from "./limbs.ts";
import type { AccountView, Hold, Limits, Shortfall } from "./types.ts";

/** A Redis hash as ioredis reads it in binary. */
export type Fields = Readonly<Record<string, Buffer>>;

/** A hold from its Redis hash; undefined for an empty one. */
export function holdFromFields(tenant: string, id: string, fields: Fields): Hold | undefined {
  const text = (name: string): string => fields[name]?.toString() ?? "";
  if (fields["j"] === undefined) return undefined;
  const number = (name: string): number => Number(text(name));
  const changing = {
    id,
    tenant,
    state: toState(text("st")),
    started: text("b") === "1",
    rank: toRank(number("r")),
    amounts: amountsFrom(fields["h"]),
    settled: amountsFrom(fields["t"]),
    placedAt: number("p"),
    expiresAt: number("x"),
    endedAt: number("e"),
  };
  return holdOf(changing, text("j"));
}

/** What the three hashes of a tenant say about one account. */
export interface AccountFields {
  readonly held: Buffer | undefined;
  readonly spent: Buffer | undefined;
  readonly limits: Buffer | undefined;
}

/** An account from its packed counters; undefined if there are none. */
export function accountFromFields(tenant: string, account: AccountRef, fields: AccountFields): AccountView | undefined {
  const { held, spent, limits } = fields;
  if (held === undefined && spent === undefined && limits === undefined) return undefined;
  const openHolds = held?.readDoubleBE(COUNT_AT) ?? 0;
  return { tenant, account, limits: limitsFrom(limits), spent: amountsFrom(spent), held: amountsFrom(held), openHolds };
}

const COUNT_AT = 48;
const LIMIT_BYTES = 24;

function limitsFrom(packed: Buffer | undefined): Limits {
  const limits: Partial<Record<UnitName, bigint>> = {};
  if (packed === undefined) return limits;
  for (const [index, unit] of UNITS.entries()) {
    const at = index * LIMIT_BYTES;
    if (packed.readDoubleBE(at) === 1)
      limits[unit] = fromLimbs(packed.readDoubleBE(at + 8), packed.readDoubleBE(at + 16));
  }
  return limits;
}

/** One row of a refusal: account, unit, then limbs of limit, spent, held and needed. */
export function shortfallFromRow(row: readonly unknown[]): Shortfall {
  const text = row.map(String);
  const at = (index: number): bigint => fromLimbs(text[index] ?? "0", text[index + 1] ?? "0");
  const unit = UNITS[Number(text[1]) - 1] ?? "nanousd";
  return {
    account: accountOfKey(text[0] ?? ""),
    unit,
    limit: at(2),
    spent: at(4),
    held: at(6),
    needed: at(8),
  };
}

function amountsFrom(packed: Buffer | undefined): Amounts {
  return {
    nanousd: unpackLimbs(packed, 0),
    inputTokens: unpackLimbs(packed, 1),
    outputTokens: unpackLimbs(packed, 2),
  };
}

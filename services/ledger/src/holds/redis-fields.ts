import { type AccountRef, accountOfKey } from "../accounts.ts";
import { type Amounts, UNITS, type UnitName } from "../amounts.ts";
import { holdOf, toRank, toState } from "./hold-record.ts";
import { fromLimbs, unpackLimbs } from "./limbs.ts";
import type { AccountView, Hold, Shortfall } from "./types.ts";

/** A Redis hash as ioredis reads it in binary. */
export type Fields = Readonly<Record<string, Buffer>>;

/** An account's limit fields, per unit. */
export const LIMIT_FIELD: Readonly<Record<UnitName, string>> = {
  nanousd: "ln",
  tokens: "lt",
  input_tokens: "li",
  output_tokens: "lo",
};

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

/** An account from its Redis hash. */
export function accountFromFields(tenant: string, account: AccountRef, fields: Fields): AccountView {
  const limits: Partial<Record<UnitName, bigint>> = {};
  for (const unit of UNITS) {
    const packed = fields[LIMIT_FIELD[unit]];
    if (packed !== undefined) limits[unit] = unpackLimbs(packed);
  }
  const openHolds = Number(fields["c"]?.toString() ?? 0);
  return { tenant, account, limits, spent: amountsFrom(fields["s"]), held: amountsFrom(fields["d"]), openHolds };
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

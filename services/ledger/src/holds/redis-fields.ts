import { type AccountRef, accountOfKey } from "../accounts.ts";
import { type Amounts, UNITS, type UnitName } from "../amounts.ts";
import { holdOf, toRank, toState } from "./hold-record.ts";
import { fromLimbs } from "./limbs.ts";
import type { AccountView, Hold, Shortfall } from "./types.ts";

type Fields = Readonly<Record<string, string>>;

/** First letters of an account's limit fields, per unit. */
export const LIMIT_FIELD: Readonly<Record<UnitName, string>> = {
  nanousd: "ln",
  tokens: "lt",
  input_tokens: "li",
  output_tokens: "lo",
};

/** A hold from its Redis hash; undefined for an empty one. */
export function holdFromFields(tenant: string, id: string, fields: Fields): Hold | undefined {
  const detail = fields["j"];
  if (detail === undefined) return undefined;
  const number = (name: string): number => Number(fields[name] ?? 0);
  const changing = {
    id,
    tenant,
    state: toState(fields["st"] ?? ""),
    started: fields["b"] === "1",
    rank: toRank(number("r")),
    amounts: amountsFrom(fields, "h"),
    settled: amountsFrom(fields, "t"),
    placedAt: number("p"),
    expiresAt: number("x"),
    endedAt: number("e"),
  };
  return holdOf(changing, detail);
}

/** An account from its Redis hash. */
export function accountFromFields(tenant: string, account: AccountRef, fields: Fields): AccountView {
  const limits: Partial<Record<UnitName, bigint>> = {};
  for (const unit of UNITS) {
    const field = LIMIT_FIELD[unit];
    if (fields[`${field}h`] !== undefined) limits[unit] = fromLimbs(fields[`${field}h`], fields[`${field}l`]);
  }
  const openHolds = Number(fields["c"] ?? 0);
  return { tenant, account, limits, spent: amountsFrom(fields, "s"), held: amountsFrom(fields, "d"), openHolds };
}

/** One row of a refusal: account, unit, then limbs of limit, spent, held and needed. */
export function shortfallFromRow(row: readonly unknown[]): Shortfall {
  const text = row.map(String);
  const at = (index: number): bigint => fromLimbs(text[index], text[index + 1]);
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

/** A flat list of names and values as a record. */
export function fieldsOf(flat: readonly unknown[]): Fields {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[String(flat[i])] = String(flat[i + 1]);
  return fields;
}

function amountsFrom(fields: Fields, prefix: string): Amounts {
  const at = (letter: string): bigint => fromLimbs(fields[`${prefix}${letter}h`], fields[`${prefix}${letter}l`]);
  return { nanousd: at("n"), inputTokens: at("i"), outputTokens: at("o") };
}

import { type AccountRef, accountKey, accountOfKey } from "../accounts.ts";
import { type Amounts, UNITS } from "../amounts.ts";
import { limbsOf, ofLimbs } from "./limbs.ts";
import type { CounterState, Hold, HoldState, HoldTerms, Limit, LimitStanding, UnitAmount } from "./types.ts";
import { CALENDAR_WINDOWS, instanceAt, WINDOWS } from "./windows.ts";

/** States as the scripts number them. */
export const STATES: readonly HoldState[] = ["live", "settled", "void", "expired"];

const DOUBLE = 8;
const HOLD_DOUBLES = 21;
const LIMIT_DOUBLES = 5;
const AMOUNTS_AT = 6;
const SETTLED_AT = 12;

/** The part of a hold that the scripts work with: who is held on and charged, who pays, and how the windows of its start began. */
export function chainText(terms: Pick<HoldTerms, "accounts" | "sliceId" | "startedAt" | "size">, zone: string): string {
  const { accounts, sliceId, startedAt, size } = terms;
  const beginnings = CALENDAR_WINDOWS.map((window) => String(instanceAt(window, zone, startedAt).start));
  const rows = size.map(({ unit, value }) => [UNITS.indexOf(unit) + 1, ...limbsOf(value)]);
  return JSON.stringify([accounts.map(accountKey), sliceId, beginnings, rows]);
}

type Chain = readonly [
  accounts: readonly string[],
  sliceId: string,
  beginnings: readonly string[],
  size: readonly (readonly [unit: number, high: number, low: number])[],
];
type Rest = readonly [
  requestId: string,
  provider: string,
  model: string,
  priceId: string,
  priceVersion: string,
  fingerprint: string,
  task: string,
  tags: Readonly<Record<string, string>>,
];

/** The part that no script looks at. */
export function restText(terms: HoldTerms): string {
  const { requestId, provider, model, priceId, priceVersion, fingerprint, task, tags } = terms;
  const rest: Rest = [requestId, provider, model, priceId, priceVersion, fingerprint, task, tags];
  return JSON.stringify(rest);
}

/** A stored hold. */
export function holdOfRecord(tenant: string, id: string, record: Buffer): Hold {
  const at = (index: number): number => record.readDoubleBE(index * DOUBLE);
  const chainFrom = HOLD_DOUBLES * DOUBLE;
  const windowsFrom = chainFrom + at(HOLD_DOUBLES - 2);
  const restFrom = windowsFrom + at(HOLD_DOUBLES - 1);
  const [accounts, sliceId, , size] = JSON.parse(record.toString("utf8", chainFrom, windowsFrom)) as Chain;
  const rest = JSON.parse(record.toString("utf8", restFrom)) as Rest;
  const [requestId, provider, model, priceId, priceVersion, fingerprint, task, tags] = rest;
  const rank = at(2);
  return {
    ...{ id, tenant, requestId, provider, model, priceId, priceVersion, fingerprint, sliceId, task, tags },
    accounts: accounts.map(accountOfKey),
    amounts: amountsAt(record, AMOUNTS_AT),
    placedAt: at(3),
    expiresAt: at(4),
    startedAt: at(18),
    size: size.flatMap(([place, high, low]): readonly UnitAmount[] => {
      const unit = UNITS[place - 1];
      return unit === undefined ? [] : [{ unit, value: ofLimbs(high, low) }];
    }),
    state: STATES[at(0)] ?? "live",
    counters: windowsFrom === restFrom ? [] : (JSON.parse(record.toString("utf8", windowsFrom, restFrom)) as string[]),
    started: at(1) === 1,
    settled: amountsAt(record, SETTLED_AT),
    rank: rank === 1 || rank === 2 ? rank : 0,
    endedAt: at(5),
  };
}

/** A stored counter; an absent one says nothing. */
export function counterOfRecord(record: Buffer | undefined): CounterState {
  return {
    spent: amountsAt(record, 0),
    held: amountsAt(record, AMOUNTS_AT),
    openHolds: record?.readDoubleBE(SETTLED_AT * DOUBLE) ?? 0,
  };
}

/** A stored row of limits. */
export function limitsOfRecord(record: Buffer | undefined): readonly Limit[] {
  const limits: Limit[] = [];
  for (let from = 0; from < (record?.length ?? 0); from += LIMIT_DOUBLES * DOUBLE) {
    const at = (index: number): number => record?.readDoubleBE(from + index * DOUBLE) ?? 0;
    const window = WINDOWS[at(0)];
    const unit = UNITS[at(1) - 1];
    if (window === undefined || unit === undefined) continue;
    limits.push({ window, unit, soft: at(2) === 1, limit: ofLimbs(at(3), at(4)) });
  }
  return limits;
}

/** A limit and its counter, as a script tells it: account, window, unit, then limbs of limit, spent, held and needed. */
export function standingOfRow(row: readonly unknown[], soft: boolean, startedAt: number, zone: string): LimitStanding {
  const value = (index: number): bigint => ofLimbs(Number(row[index]), Number(row[index + 1]));
  const window = WINDOWS[Number(row[1])] ?? "total";
  const { start: windowStart, end: windowEnd } = instanceAt(window, zone, startedAt);
  const account: AccountRef = accountOfKey(String(row[0]));
  const unit = UNITS[Number(row[2]) - 1] ?? "nanousd";
  const [limit, spent, held, needed] = [value(3), value(5), value(7), value(9)];
  return { account, window, unit, soft, limit, windowStart, windowEnd, spent, held, needed };
}

/** Six limbs of three amounts, in the order of the scripts. */
export function amountLimbs({ nanousd, inputTokens, outputTokens }: Amounts): readonly number[] {
  return [...limbsOf(nanousd), ...limbsOf(inputTokens), ...limbsOf(outputTokens)];
}

function amountsAt(record: Buffer | undefined, first: number): Amounts {
  const value = (index: number): bigint =>
    record === undefined
      ? 0n
      : ofLimbs(record.readDoubleBE((first + index) * DOUBLE), record.readDoubleBE((first + index + 1) * DOUBLE));
  return { nanousd: value(0), inputTokens: value(2), outputTokens: value(4) };
}

import { sql } from "kysely";
import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, NOTHING, plus } from "../amounts.ts";
import type { AccountWindow } from "./budgets.ts";
import { type BulkValue, bulkInsert } from "./bulk.ts";
import type { LedgerDatabase } from "./database.ts";

/** A quarter hour: every time zone begins its hours on one. */
export const SLOT_MS = 900_000;
/** Quarter hours in a row of the table: one, or those of a day in UTC, so that a month is read as some thirty rows instead of 2,976. */
const SPANS = { slot: 1, day: 96 } as const;

/** What a batch adds to an account's quarter hour, and to the day that it is in. */
export interface RollupChange {
  readonly tenant: string;
  readonly account: AccountRef;
  readonly slot: bigint;
  readonly added: Amounts;
  /** Attempts that had no posting before. */
  readonly attempts: bigint;
}

/** The quarter hour of a moment (epoch milliseconds). */
export function slotOf(ms: number): bigint {
  return BigInt(Math.floor(ms / SLOT_MS));
}

const COLUMNS = {
  tenant: "text",
  account: "text",
  span: "bigint",
  slot: "bigint",
  nanousd: "bigint",
  input_tokens: "bigint",
  output_tokens: "bigint",
  attempts: "bigint",
} as const;
const ADD = `on conflict (tenant, account, span, slot) do update set nanousd = rollups.nanousd + excluded.nanousd,
  input_tokens = rollups.input_tokens + excluded.input_tokens,
  output_tokens = rollups.output_tokens + excluded.output_tokens, attempts = rollups.attempts + excluded.attempts`;

/** Adds to the sums per quarter hour and per day, within the transaction that writes the entries. */
export async function writeRollups(
  into: Pick<LedgerDatabase, "kind" | "db">,
  changes: Iterable<RollupChange>,
): Promise<void> {
  const days = new Map<string, Sum>();
  const rows: BulkValue[][] = [];
  for (const { tenant, account, slot, added, attempts } of changes) {
    const key = accountKey(account);
    rows.push(rowOf({ tenant, key, span: SPANS.slot, slot, added, attempts }));
    const day = slot / BigInt(SPANS.day);
    const name = `${day} ${tenant} ${key}`;
    const before = days.get(name);
    const sum = { added: plus(before?.added ?? NOTHING, added), attempts: (before?.attempts ?? 0n) + attempts };
    days.set(name, { tenant, key, span: SPANS.day, slot: day, ...sum });
  }
  for (const day of days.values()) rows.push(rowOf(day));
  if (rows.length > 0) await bulkInsert(into, { table: "rollups", columns: COLUMNS, rows, suffix: ADD });
}

interface Sum extends Pick<RollupChange, "tenant" | "slot" | "added" | "attempts"> {
  readonly key: string;
  readonly span: number;
}

function rowOf({ tenant, key, span, slot, added, attempts }: Sum): BulkValue[] {
  return [tenant, key, BigInt(span), slot, added.nanousd, added.inputTokens, added.outputTokens, attempts];
}

/** An account in an instance of a window, with what it was charged there. */
export interface ChargedWindow extends AccountWindow {
  readonly spent: Amounts;
}

const WINDOWS_AT_ONCE = 500;

interface SumRow {
  readonly position: bigint;
  readonly nanousd: bigint;
  readonly input_tokens: bigint;
  readonly output_tokens: bigint;
}

/**
 * What accounts were charged in instances of windows, in the order asked for: sums of the days that are wholly in them and of the quarter
 * hours at both ends, so that no window reads more than some two hundred rows.
 */
export async function chargedWindows(
  from: Pick<LedgerDatabase, "kind" | "db">,
  windows: readonly AccountWindow[],
): Promise<readonly ChargedWindow[]> {
  const found: ChargedWindow[] = [];
  for (let first = 0; first < windows.length; first += WINDOWS_AT_ONCE) {
    const some = windows.slice(first, first + WINDOWS_AT_ONCE);
    const sums = new Map((await sumRows(from, some)).map((row) => [Number(row.position), row]));
    for (const [index, window] of some.entries()) {
      const row = sums.get(index);
      const spent =
        row === undefined
          ? NOTHING
          : { nanousd: row.nanousd, inputTokens: row.input_tokens, outputTokens: row.output_tokens };
      found.push({ ...window, spent });
    }
  }
  return found;
}

async function sumRows(
  { kind, db }: Pick<LedgerDatabase, "kind" | "db">,
  windows: readonly AccountWindow[],
): Promise<readonly SumRow[]> {
  const questions = windows.flatMap(({ tenant, account, start, end }, index) => {
    const key = accountKey(account);
    return rangesOf(start, end).map(({ span, first, after }) => [index, tenant, key, span, first, after]);
  });
  const json = JSON.stringify(questions);
  const asked =
    kind === "sqlite"
      ? sql`(select value ->> 0 as position, value ->> 1 as tenant, value ->> 2 as account, value ->> 3 as span,
          value ->> 4 as first, value ->> 5 as after from json_each(${json})) as asked`
      : sql`(select (value ->> 0)::bigint as position, value ->> 1 as tenant, value ->> 2 as account,
          (value ->> 3)::bigint as span, (value ->> 4)::bigint as first, (value ->> 5)::bigint as after
          from json_array_elements(${json}::json)) as asked`;
  // The left side decides the order of the join: a few questions, each a range of the key.
  const { rows } = await sql<SumRow>`select asked.position as position, cast(sum(rollups.nanousd) as bigint) as nanousd,
      cast(sum(rollups.input_tokens) as bigint) as input_tokens,
      cast(sum(rollups.output_tokens) as bigint) as output_tokens
    from ${asked} cross join rollups where rollups.tenant = asked.tenant and rollups.account = asked.account
      and rollups.span = asked.span and rollups.slot >= asked.first and rollups.slot < asked.after
    group by asked.position`.execute(db);
  return rows;
}

/** Consecutive rows of one span, the end exclusive. */
interface Range {
  readonly span: number;
  readonly first: number;
  readonly after: number;
}

/** The rows that together are a time (epoch milliseconds), each quarter hour once. */
function rangesOf(start: number, end: number): readonly Range[] {
  const [first, after] = [Math.floor(start / SLOT_MS), Math.ceil(end / SLOT_MS)];
  const [firstDay, afterDay] = [Math.ceil(first / SPANS.day), Math.floor(after / SPANS.day)];
  if (firstDay >= afterDay) return [{ span: SPANS.slot, first, after }];
  const ranges = [
    { span: SPANS.slot, first, after: firstDay * SPANS.day },
    { span: SPANS.day, first: firstDay, after: afterDay },
    { span: SPANS.slot, first: afterDay * SPANS.day, after },
  ];
  return ranges.filter((range) => range.after > range.first);
}

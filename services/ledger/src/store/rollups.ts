import { sql } from "kysely";
import { type AccountRef, accountKey } from "../accounts.ts";
import { type Amounts, NOTHING, plus } from "../amounts.ts";
import type { AccountWindow } from "./budgets.ts";
import { type BulkValue, bulkInsert } from "./bulk.ts";
import type { LedgerDatabase } from "./database.ts";

/** A quarter hour: every time zone begins its hours on one. */
export const SLOT_MS = 900_000;
/**
 * Quarter hours that a row of the table can sum, each a part of the next: one, three hours, a day in UTC. So a month is read as some thirty
 * rows instead of 2,976, and in a time zone far from UTC as some forty.
 */
export const SPANS = [1, 12, 96] as const;

/** What a batch adds to an account's quarter hour, and to the longer spans that it is in. */
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

/** Adds to the sums per quarter hour and per longer span, within the transaction that writes the entries. */
export async function writeRollups(
  into: Pick<LedgerDatabase, "kind" | "db">,
  changes: Iterable<RollupChange>,
): Promise<void> {
  const sums = new Map<string, Sum>();
  for (const { tenant, account, slot, added, attempts } of changes) {
    const key = accountKey(account);
    for (const quarters of SPANS) {
      const span = BigInt(quarters);
      const name = `${span} ${slot / span} ${tenant} ${key}`;
      const before = sums.get(name);
      const sum = { added: plus(before?.added ?? NOTHING, added), attempts: (before?.attempts ?? 0n) + attempts };
      sums.set(name, { tenant, key, span, slot: slot / span, ...sum });
    }
  }
  const rows = Array.from(sums.values(), ({ tenant, key, span, slot, added, attempts }): BulkValue[] => [
    ...[tenant, key, span, slot, added.nanousd, added.inputTokens, added.outputTokens, attempts],
  ]);
  if (rows.length > 0) await bulkInsert(into, { table: "rollups", columns: COLUMNS, rows, suffix: ADD });
}

interface Sum extends Pick<RollupChange, "tenant" | "slot" | "added" | "attempts"> {
  readonly key: string;
  readonly span: bigint;
}

/** An account in an instance of a window, with what it was charged there. */
export interface ChargedWindow extends AccountWindow {
  readonly spent: Amounts;
}

const WINDOWS_AT_ONCE = 500;

/**
 * What accounts were charged in instances of windows, in the order asked for: sums of the days that are wholly in them and of shorter
 * spans at both ends, so that no window reads more than some seventy rows.
 */
export async function chargedWindows(
  from: Pick<LedgerDatabase, "kind" | "db">,
  windows: readonly AccountWindow[],
): Promise<readonly ChargedWindow[]> {
  const found: ChargedWindow[] = [];
  for (let first = 0; first < windows.length; first += WINDOWS_AT_ONCE) {
    const some = windows.slice(first, first + WINDOWS_AT_ONCE);
    const sums = await sumsOf(from, some);
    for (const [index, window] of some.entries()) found.push({ ...window, spent: sums[index] ?? NOTHING });
  }
  return found;
}

interface SumRow {
  readonly position: bigint;
  /** The three sums, a space between them; null where there are no rows. */
  readonly sums: string | null;
}

async function sumsOf(
  { kind, db }: Pick<LedgerDatabase, "kind" | "db">,
  windows: readonly AccountWindow[],
): Promise<readonly Amounts[]> {
  const questions = windows.flatMap(({ tenant, account, start, end }, index) => {
    const key = accountKey(account);
    const slots = { first: Math.floor(start / SLOT_MS), after: Math.ceil(end / SLOT_MS) };
    return rangesOf(slots, SPANS.length - 1).map(({ span, first, after }) => [index, tenant, key, span, first, after]);
  });
  const json = JSON.stringify(questions);
  const asked =
    kind === "sqlite"
      ? sql`(select value ->> 0 as position, value ->> 1 as tenant, value ->> 2 as account, value ->> 3 as span,
          value ->> 4 as first, value ->> 5 as after from json_each(${json})) as asked`
      : sql`(select (value ->> 0)::bigint as position, value ->> 1 as tenant, value ->> 2 as account,
          (value ->> 3)::bigint as span, (value ->> 4)::bigint as first, (value ->> 5)::bigint as after
          from json_array_elements(${json}::json)) as asked`;
  // A question for each range of the key, answered as one value: joined and grouped, each row would be sorted by SQLite.
  const { rows } = await sql<SumRow>`select asked.position as position, (
      select sum(nanousd) || ' ' || sum(input_tokens) || ' ' || sum(output_tokens) from rollups
      where rollups.tenant = asked.tenant and rollups.account = asked.account and rollups.span = asked.span
        and rollups.slot >= asked.first and rollups.slot < asked.after) as sums
    from ${asked}`.execute(db);
  const found = windows.map(() => NOTHING);
  for (const { position, sums } of rows) {
    if (sums === null) continue;
    const [nanousd = 0n, inputTokens = 0n, outputTokens = 0n] = sums.split(" ").map(BigInt);
    const index = Number(position);
    found[index] = plus(found[index] ?? NOTHING, { nanousd, inputTokens, outputTokens });
  }
  return found;
}

interface Slots {
  readonly first: number;
  /** Exclusive. */
  readonly after: number;
}

/** Consecutive rows of one span. */
interface Range extends Slots {
  readonly span: number;
}

/** The rows that together are these quarter hours, each of them once: as many of the longest span as there are, shorter ones at both ends. */
function rangesOf({ first, after }: Slots, longest: number): readonly Range[] {
  if (first >= after) return [];
  const span = SPANS[longest] ?? 1;
  if (span === 1) return [{ span, first, after }];
  const whole = { first: Math.ceil(first / span), after: Math.floor(after / span) };
  if (whole.first >= whole.after) return rangesOf({ first, after }, longest - 1);
  return [
    ...rangesOf({ first, after: whole.first * span }, longest - 1),
    { span, ...whole },
    ...rangesOf({ first: whole.after * span, after }, longest - 1),
  ];
}

import { setImmediate as nextTurn } from "node:timers/promises";
import { SluiceError } from "@sluice/platform/errors";
import { type RawBuilder, sql } from "kysely";
import type { LedgerDatabase } from "../database.ts";
import { type Dimension, dimensionsOf, type GroupColumn, type GroupRow } from "./dimensions.ts";
import { type Piece, piecesOf, type Span } from "./pieces.ts";

export interface ReportOptions extends Span {
  /** Undefined means all. */
  readonly tenant: string | undefined;
  /** Dimensions as the contract names them; none means provider and model. */
  readonly by: readonly string[];
}

/** Sums of one group. */
export interface ReportSums {
  attempts: bigint;
  nanousd: bigint;
  inputTokens: bigint;
  outputTokens: bigint;
  estimated: bigint;
  overruns: bigint;
  requests: bigint;
  succeeded: bigint;
}

export interface ReportLine extends ReportSums {
  readonly group: readonly string[];
  /** Empty if it is not summed by provider. */
  readonly provider: string;
  /** Empty if it is not summed by model. */
  readonly model: string;
}

/** More is no report any more; an export is made for that. */
const GROUPS_MAX = 100_000;
/** No request ends later than this after the start of its last attempt. */
const LONGEST_MS = 86_400_000n;
const COLUMNS = ["provider", "model", "accounts", "task", "tags", "slot"] as const;

/**
 * Sums postings of attempts that started in a period. A correction belongs to its attempt; a request counts once, where its last
 * attempt counts. Reads the period's postings and nothing else, piece by piece, so that whatever else the process does goes on.
 * @throws invalid_request for an unknown dimension, or for more than 100,000 groups
 */
export async function report(database: LedgerDatabase, options: ReportOptions): Promise<readonly ReportLine[]> {
  const dimensions = dimensionsOf(options.by);
  const groups = new Map<string, { readonly group: readonly string[]; readonly sums: ReportSums }>();
  for await (const piece of piecesOf(database, options.tenant, options)) {
    for (const row of await sumsOf(database, dimensions, piece)) {
      const group = dimensions.map((dimension) => dimension.value(row, piece.zone));
      const name = JSON.stringify(group);
      const known = groups.get(name);
      if (known !== undefined) add(known.sums, row);
      else groups.set(name, { group, sums: sumsFrom(row) });
    }
    if (groups.size > GROUPS_MAX) throw tooMany();
    await nextTurn();
  }
  return [...groups.values()].sort((a, b) => compare(a.group, b.group)).map((each) => lineOf(each, dimensions));
}

interface SumRow extends GroupRow {
  readonly attempts: bigint;
  readonly nanousd: bigint;
  readonly input_tokens: bigint;
  readonly output_tokens: bigint;
  readonly estimated: bigint;
  readonly overruns: bigint;
  readonly requests: bigint;
  readonly succeeded: bigint;
}

/** Sums of a piece by the columns as they are stored; what they mean is found out for each group only, not for each posting. */
async function sumsOf(
  { db, kind }: LedgerDatabase,
  dimensions: readonly Dimension[],
  { tenant, fromMs, toMs, last }: Piece,
): Promise<readonly SumRow[]> {
  const used = new Set<GroupColumn>(dimensions.map(({ column }) => column));
  const columns = COLUMNS.filter((column) => used.has(column));
  const first = sql`postings.kind in ('metered', 'estimated')`;
  const same = sql`outcomes.tenant = postings.tenant and outcomes.request_id = postings.request_id
    and outcomes.attempt_id = postings.attempt_id and ${first}`;
  // PostgreSQL would read all outcomes there are rather than look for each posting's: this leaves it those of the time.
  const near = sql`outcomes.finished_at_ms >= ${fromMs} and outcomes.finished_at_ms < ${toMs + LONGEST_MS}`;
  const query = sql<SumRow>`select ${sql.join([...COLUMNS.map((column) => columnOf(column, used)), ...SUMS])}
    from postings left join outcomes on ${kind === "postgres" ? sql`${same} and ${near}` : same}
    where postings.tenant = ${tenant} and postings.started_at_ms >= ${fromMs} and postings.started_at_ms < ${toMs}
      and postings.sequence <= ${last}
    group by ${sql.join(columns.map((column) => sql.ref(column === "slot" ? "slot" : `postings.${column}`)))}`;
  return (await query.execute(db)).rows;
}

function columnOf(column: GroupColumn, used: ReadonlySet<GroupColumn>): RawBuilder<unknown> {
  if (!used.has(column)) return sql`${sql.raw(column === "slot" ? "0" : "''")} as ${sql.ref(column)}`;
  return column === "slot" ? sql`postings.started_at_ms / 900000 as slot` : sql.ref(`postings.${column}`);
}

const sum = (value: string, name: string): RawBuilder<unknown> =>
  sql`${sql.raw(`cast(sum(${value}) as bigint)`)} as ${sql.ref(name)}`;

const SUMS = [
  sum("case when postings.kind in ('metered', 'estimated') then 1 else 0 end", "attempts"),
  sum("postings.nanousd", "nanousd"),
  sum("postings.input_tokens", "input_tokens"),
  sum("postings.output_tokens", "output_tokens"),
  // Whether an estimate still is one stands with the attempt: the truth may have come without a difference.
  sum(
    `case postings.kind when 'estimated' then (select case attempts.kind when 'estimated' then 1 else 0 end from attempts
      where attempts.attempt_id = postings.attempt_id) else 0 end`,
    "estimated",
  ),
  sum("postings.overrun", "overruns"),
  sum("case when outcomes.request_id is null then 0 else 1 end", "requests"),
  sum(
    "case when outcomes.outcome = 'delivered' and outcomes.verdict in ('pass', 'repair') then 1 else 0 end",
    "succeeded",
  ),
];

function sumsFrom(row: SumRow): ReportSums {
  const sums = {
    attempts: 0n,
    nanousd: 0n,
    inputTokens: 0n,
    outputTokens: 0n,
    estimated: 0n,
    overruns: 0n,
    requests: 0n,
    succeeded: 0n,
  };
  add(sums, row);
  return sums;
}

function add(sums: ReportSums, row: SumRow): void {
  sums.attempts += row.attempts;
  sums.nanousd += row.nanousd;
  sums.inputTokens += row.input_tokens;
  sums.outputTokens += row.output_tokens;
  sums.estimated += row.estimated;
  sums.overruns += row.overruns;
  sums.requests += row.requests;
  sums.succeeded += row.succeeded;
}

function lineOf(
  { group, sums }: { readonly group: readonly string[]; readonly sums: ReportSums },
  dimensions: readonly Dimension[],
): ReportLine {
  const groupValue = (name: string): string => group[dimensions.findIndex((each) => each.name === name)] ?? "";
  return { ...sums, group, provider: groupValue("provider"), model: groupValue("model") };
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? "";
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

function tooMany(): SluiceError {
  return new SluiceError(
    "invalid_request",
    `The report has more than ${GROUPS_MAX} groups: ask for a shorter period or fewer dimensions, or export the postings.`,
  );
}

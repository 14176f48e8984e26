import { setImmediate as nextTurn } from "node:timers/promises";
import { Usage } from "@sluice/proto/common/v1/usage";
import { inputTokensOf, outputTokensOf } from "../../prices/cost.ts";
import type { LedgerDatabase } from "../database.ts";
import { usageOf } from "../texts.ts";
import { type Piece, piecesOf, type Span } from "./pieces.ts";

export interface UsageReportOptions extends Span {
  readonly provider: string;
}

/** Consumption of one model on one UTC day. */
export interface UsageLine {
  readonly day: string;
  readonly model: string;
  readonly attempts: bigint;
  readonly usage: Usage;
  readonly nanousd: bigint;
  /** Reconciliation entries among them. */
  readonly adjustments: bigint;
}

interface UsageRow {
  readonly model: string;
  readonly kind: string;
  readonly nanousd: bigint;
  readonly input_tokens: bigint;
  readonly output_tokens: bigint;
  readonly started_at_ms: bigint;
  readonly usage: string;
}

interface Sums {
  readonly day: string;
  readonly model: string;
  attempts: bigint;
  nanousd: bigint;
  adjustments: bigint;
  usage: Usage;
}

const DAY_MS = 86_400_000n;

/**
 * Sums what a provider was asked for by UTC day and model, in the classes its own export has. Tokens whose class nobody knows (estimates,
 * reconciliation) count as plain input and output, so that every sum of input and of output is the books'.
 */
export async function usageReport(
  database: LedgerDatabase,
  options: UsageReportOptions,
): Promise<readonly UsageLine[]> {
  const sums = new Map<string, Sums>();
  for await (const piece of piecesOf(database, undefined, options)) {
    for (const row of await rowsOf(database, options.provider, piece)) addRow(sums, row);
    await nextTurn();
  }
  return [...sums.values()].sort((a, b) => order(a.day, b.day) || order(a.model, b.model));
}

async function rowsOf(
  { db }: LedgerDatabase,
  provider: string,
  { tenant, fromMs, toMs, last }: Piece,
): Promise<readonly UsageRow[]> {
  return await db
    .selectFrom("postings")
    .where("tenant", "=", tenant)
    .where("started_at_ms", ">=", fromMs)
    .where("started_at_ms", "<", toMs)
    .where("sequence", "<=", last)
    .where("provider", "=", provider)
    .select(["model", "kind", "nanousd", "input_tokens", "output_tokens", "started_at_ms", "usage"])
    .execute();
}

function addRow(all: Map<string, Sums>, row: UsageRow): void {
  const day = new Date(Number((row.started_at_ms / DAY_MS) * DAY_MS)).toISOString().slice(0, 10);
  const name = `${day} ${row.model}`;
  const nothing = { attempts: 0n, nanousd: 0n, adjustments: 0n, usage: Usage.fromPartial({}) };
  const sums = all.get(name) ?? { day, model: row.model, ...nothing };
  all.set(name, sums);
  if (row.kind === "metered" || row.kind === "estimated") sums.attempts += 1n;
  if (row.kind === "reconciliation") sums.adjustments += 1n;
  sums.nanousd += row.nanousd;
  // A re-rating carries the usage of its attempt, which is counted already, and moves no tokens.
  const known = row.kind === "rerated" ? undefined : usageOf(row.usage);
  sums.usage = plusUsage(sums.usage, ofPosting(row, known ?? Usage.fromPartial({})));
}

/** The classes of a posting; what its amounts have beyond them (or less, where an estimate is corrected) goes to the plain classes. */
function ofPosting(row: UsageRow, known: Usage): Usage {
  return {
    ...known,
    inputTokens: (known.inputTokens ?? 0n) + row.input_tokens - inputTokensOf(known),
    outputTokens: (known.outputTokens ?? 0n) + row.output_tokens - outputTokensOf(known),
  };
}

/** Sum of two consumptions, class by class; a class that neither has stays absent. */
export function plusUsage(a: Usage, b: Usage): Usage {
  const sum: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    if (typeof value !== "bigint") continue;
    const before = sum[name];
    sum[name] = (typeof before === "bigint" ? before : 0n) + value;
  }
  const serverToolCalls = { ...a.serverToolCalls };
  for (const [tool, calls] of Object.entries(b.serverToolCalls)) {
    serverToolCalls[tool] = (serverToolCalls[tool] ?? 0n) + calls;
  }
  return { ...(sum as unknown as Usage), serverToolCalls, rawJson: "" };
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

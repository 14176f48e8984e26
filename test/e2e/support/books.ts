import type { System } from "../../harness/system.ts";

/** Net effect of the ledger on one attempt. */
export interface AttemptBooks {
  readonly attemptId: string;
  readonly tenant: string;
  readonly netNanousd: bigint;
  readonly kinds: readonly string[];
}

interface LedgerPosted {
  readonly type: string;
  readonly payload: { attemptId: string; tenantId: string; amountNanousd?: string; kind: string; postingId: string };
}

/** A line of `sluice budgets`. */
export interface BudgetRow {
  readonly tenant_id: string;
  readonly window: string;
  readonly account_kind: string;
  readonly unit: string;
  readonly account: string;
  readonly limit: string | null;
  readonly spent: string;
  readonly held: string;
  readonly open_holds: number;
  readonly posted: string;
}

/** Reads the whole ledger stream and sums it up by attempt. @throws if a posting stands in it twice */
export async function readBooks(system: System): Promise<Map<string, AttemptBooks>> {
  const result = await system.command([
    "tail",
    "ledger",
    "--from-start",
    "--no-follow",
    "--type",
    "ledger.posted",
    "--json",
  ]);
  if (result.code !== 0) throw new Error(`sluice tail: ${result.stderr}`);
  const books = new Map<string, AttemptBooks>();
  const seen = new Set<string>();
  for (const line of result.stdout.split("\n")) {
    if (line === "") continue;
    const { payload } = JSON.parse(line) as LedgerPosted;
    if (seen.has(payload.postingId)) throw new Error(`Posting ${payload.postingId} was published twice.`);
    seen.add(payload.postingId);
    const before = books.get(payload.attemptId);
    books.set(payload.attemptId, {
      attemptId: payload.attemptId,
      tenant: payload.tenantId,
      netNanousd: (before?.netNanousd ?? 0n) + BigInt(payload.amountNanousd ?? "0"),
      kinds: [...(before?.kinds ?? []), payload.kind],
    });
  }
  return books;
}

/** Every line of `sluice budgets`. */
export async function allBudgets(system: System): Promise<readonly BudgetRow[]> {
  return (await system.json<{ budgets: BudgetRow[] }>(["budgets"])).budgets;
}

/** The org's (or another account's) row of `sluice budgets` in USD. */
export async function budgetRow(system: System, kind: string, account?: string): Promise<BudgetRow> {
  const budgets = await allBudgets(system);
  const row = budgets.find(
    (budget) =>
      budget.account_kind === kind &&
      budget.unit === "nanousd" &&
      budget.window === "total" &&
      (account === undefined || budget.account === account),
  );
  if (row === undefined) throw new Error(`No ${kind} account in ${JSON.stringify(budgets)}`);
  return row;
}

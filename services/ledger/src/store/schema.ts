/** One row per attempt the ledger has heard of: what makes a repeated fact harmless. */
export interface AttemptsTable {
  attempt_id: string;
  tenant: string;
  /** Chain as JSON list of account keys. */
  accounts: string;
  kind: string;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
  overrun: bigint;
}

/** One row per effect of a fact, numbered without gaps in the order of commits. */
export interface PostingsTable {
  sequence: bigint;
  attempt_id: string;
  request_id: string;
  tenant: string;
  provider: string;
  model: string;
  price_version: string;
  kind: string;
  overrun: bigint;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
  posted_at_ms: bigint;
}

/** Lines of postings; never changed. */
export interface EntriesTable {
  sequence: bigint;
  line: bigint;
  tenant: string;
  account: string;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
}

/** Sum of an account's entries, changed in the transaction that adds entries. */
export interface BalancesTable {
  tenant: string;
  account: string;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
}

export interface BudgetsTable {
  tenant: string;
  account: string;
  unit: string;
  amount: bigint;
}

/** One row: counters, and the lock that makes writers take turns. */
export interface TotalsTable {
  id: bigint;
  postings: bigint;
  overruns: bigint;
  outbox: bigint;
}

/** Events of one transaction that the bus has not taken yet, as a JSON list. */
export interface OutboxTable {
  id: bigint;
  events: string;
}

/** Price versions this ledger has seen; a version never changes its content. */
export interface PriceVersionsTable {
  id: string;
  content: string;
}

export interface LedgerSchema {
  attempts: AttemptsTable;
  postings: PostingsTable;
  entries: EntriesTable;
  balances: BalancesTable;
  budgets: BudgetsTable;
  totals: TotalsTable;
  outbox: OutboxTable;
  price_versions: PriceVersionsTable;
}

/** One row per attempt the ledger has heard of: what makes a repeated fact harmless. */
export interface AttemptsTable {
  attempt_id: string;
  tenant: string;
  /** Accounts charged, as JSON list of account keys: those held on, and the parents of the slice that paid. */
  accounts: string;
  kind: string;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
  overrun: bigint;
  /** Epoch milliseconds; names the month in which the attempt's postings are. */
  started_at_ms: bigint;
  /** Id the price catalogue knows the model by; empty where only the version is known. */
  price_id: string;
  /** Version by which the net amount was computed. */
  price_version: string;
}

/**
 * One row per effect of a fact, numbered without gaps in the order of commits. On PostgreSQL one partition per month of
 * `started_at_ms`, which is therefore part of the key.
 */
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
  /** Epoch milliseconds of the attempt's start: window, day and price belong to this moment. */
  started_at_ms: bigint;
  price_id: string;
  /** Accounts charged, as JSON list of account keys. */
  accounts: string;
  /** The attempt's consumption in classes, as JSON of `common.v1.Usage` without what the provider said; empty if unknown. */
  usage: string;
  /** Task the caller named; empty if none. */
  task: string;
  /** Tags of the request as JSON object with sorted keys; empty if none. */
  tags: string;
  /** Processing tier the provider used; empty if it did not say. */
  service_tier: string;
}

/** Lines of postings; never changed. On PostgreSQL one partition per month of `started_at_ms`. */
export interface EntriesTable {
  sequence: bigint;
  line: bigint;
  tenant: string;
  account: string;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
  started_at_ms: bigint;
}

/** Sum of an account's entries, changed in the transaction that adds entries. */
export interface BalancesTable {
  tenant: string;
  account: string;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
}

/** Sum of an account's entries per quarter hour, and again per three hours and per day in UTC, of the attempts' starts: what windows begin with. */
export interface RollupsTable {
  tenant: string;
  account: string;
  /** Quarter hours that the row sums: 1, 12 or 96. */
  span: bigint;
  /** Spans since the epoch. */
  slot: bigint;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
  attempts: bigint;
}

/** Limits by account, window, unit and kind. */
export interface BudgetsTable {
  tenant: string;
  account: string;
  /** "total", "hour", "day", "week" or "month". */
  window_name: string;
  unit: string;
  /** 1 for a limit that is told and never refused. */
  soft: bigint;
  amount: bigint;
}

/** Every tenant the books know. */
export interface TenantsTable {
  tenant: string;
  /** IANA name; empty means UTC. */
  time_zone: string;
}

/** What an account may ask for in a minute; null is no limit. */
export interface RateLimitsTable {
  tenant: string;
  account: string;
  requests_per_minute: bigint | null;
  tokens_per_minute: bigint | null;
}

/** One row per client request: what became of it. */
export interface OutcomesTable {
  tenant: string;
  request_id: string;
  /** "delivered", "failed", "rejected", "cancelled" or "refused". */
  outcome: string;
  /** "pass", "repair", "fail", "unvalidated" or empty. */
  verdict: string;
  finished_at_ms: bigint;
  /** The request's last attempt that was not refused before it began: where a report counts the request. */
  attempt_id: string;
  /** 1 once the router has said that no attempt follows. */
  final: bigint;
}

/** Compensating entries that the enforced counters have not been told of yet. */
export interface UnsettledTable {
  /** Id of the posting. */
  id: string;
  tenant: string;
  /** Accounts charged, as JSON list of account keys. */
  accounts: string;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
  started_at_ms: bigint;
  posted_at_ms: bigint;
  /** Epoch of the hold store when they were posted: what was filled later has them. */
  hold_epoch: bigint;
}

/** One row: which state of the shared hold store is the valid one. */
export interface HoldEpochsTable {
  id: bigint;
  /** The store's own epoch must equal it. */
  epoch: bigint;
  /** Position in the ledger's stream below which every hold had ended when it was noted. */
  position: bigint;
}

/** One row: counters, and the lock that makes writers take turns. */
export interface TotalsTable {
  id: bigint;
  postings: bigint;
  overruns: bigint;
  outbox: bigint;
  /** Grows when limits, time zones or rate limits change, so that other processes look. */
  settings: bigint;
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

/** Sums of entries by account, made from the entries alone, up to the posting that `check_progress` names. */
export interface CheckSumsTable {
  /** 1 follows the newest entries; 2 goes through all of them again and again. */
  pass: bigint;
  tenant: string;
  account: string;
  nanousd: bigint;
  input_tokens: bigint;
  output_tokens: bigint;
}

/** How far the sums of the self-check go, by pass. */
export interface CheckProgressTable {
  pass: bigint;
  sequence: bigint;
}

export interface LedgerSchema {
  attempts: AttemptsTable;
  postings: PostingsTable;
  entries: EntriesTable;
  balances: BalancesTable;
  rollups: RollupsTable;
  budgets: BudgetsTable;
  tenants: TenantsTable;
  rate_limits: RateLimitsTable;
  outcomes: OutcomesTable;
  unsettled: UnsettledTable;
  hold_epochs: HoldEpochsTable;
  totals: TotalsTable;
  outbox: OutboxTable;
  price_versions: PriceVersionsTable;
  check_sums: CheckSumsTable;
  check_progress: CheckProgressTable;
}

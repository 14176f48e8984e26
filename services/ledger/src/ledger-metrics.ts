import type { Counter, Gauge, Metrics } from "@sluice/platform/metrics";
import type { PostingKind } from "./postings.ts";

/** Everything the ledger counts. */
export interface LedgerMetrics {
  readonly placed: Counter;
  readonly refused: Readonly<
    Record<"exhausted" | "held" | "unpriced" | "unbounded" | "session_ended" | "rate_limited", Counter>
  >;
  readonly voided: Counter;
  readonly posted: Readonly<Record<PostingKind, Counter>>;
  readonly overruns: Counter;
  readonly unknownHolds: Counter;
  readonly waitingForPrice: Gauge;
  readonly openHolds: Gauge;
  readonly lag: Gauge;
  readonly outbox: Gauge;
  readonly differing: Gauge;
  readonly unbalanced: Gauge;
  readonly unchecked: Gauge;
  readonly repaired: Counter;
  readonly strays: Gauge;
  readonly priceFilesStale: Gauge;
}

/** Registers the ledger's metrics; asking again gives the same ones. */
export function ledgerMetrics(metrics: Metrics): LedgerMetrics {
  const counter = (name: string, help: string): Counter => metrics.counter({ name, help }).with({});
  const gauge = (name: string, help: string): Gauge => metrics.gauge({ name, help }).with({});
  const refused = metrics.counter({
    name: "sluice_ledger_holds_refused_total",
    help: "Holds refused, by reason.",
    labels: ["reason"],
  });
  const posted = metrics.counter({
    name: "sluice_ledger_postings_total",
    help: "Postings, by kind.",
    labels: ["kind"],
  });
  return {
    placed: counter("sluice_ledger_holds_placed_total", "Holds placed."),
    refused: {
      exhausted: refused.with({ reason: "budget_exhausted" }),
      held: refused.with({ reason: "budget_held" }),
      unpriced: refused.with({ reason: "unpriced" }),
      unbounded: refused.with({ reason: "unbounded" }),
      session_ended: refused.with({ reason: "session_ended" }),
      rate_limited: refused.with({ reason: "rate_limited" }),
    },
    voided: counter("sluice_ledger_holds_voided_total", "Holds that ended without a charge."),
    posted: {
      metered: posted.with({ kind: "metered" }),
      estimated: posted.with({ kind: "estimated" }),
      correction: posted.with({ kind: "correction" }),
      rerated: posted.with({ kind: "rerated" }),
      reconciliation: posted.with({ kind: "reconciliation" }),
    },
    overruns: counter("sluice_ledger_overruns_total", "Attempts charged with more than their hold."),
    unknownHolds: counter("sluice_ledger_unknown_holds_total", "Metered attempts whose hold nobody remembers."),
    waitingForPrice: gauge("sluice_ledger_waiting_for_price_facts", "Metered attempts that wait for a price."),
    openHolds: gauge("sluice_ledger_open_holds", "Holds in flight."),
    lag: gauge("sluice_ledger_consumer_lag_facts", "Attempt facts not applied yet; -1 while the bus is away."),
    outbox: gauge("sluice_ledger_outbox_batches", "Transactions whose events the bus does not have yet."),
    differing: gauge("sluice_ledger_differing_accounts", "Accounts whose enforced counter differs from the books."),
    priceFilesStale: gauge("sluice_ledger_price_files_unusable", "1 if changed price files cannot be used."),
    unbalanced: gauge("sluice_ledger_unbalanced", "1 if balances are not the sum of entries."),
    unchecked: gauge("sluice_ledger_unchecked_postings", "Postings that the self-check has not summed up yet."),
    repaired: counter("sluice_ledger_counters_set_total", "Enforced counters that were set to the books."),
    strays: gauge("sluice_ledger_stray_rows", "Rows of the books that no month was made for; always 0."),
  };
}

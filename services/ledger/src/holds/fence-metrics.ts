import type { Counter, Gauge, Metrics } from "@sluice/platform/metrics";

/** What is counted about the validity of the shared hold store. */
export interface FenceMetrics {
  readonly closed: Gauge;
  readonly epoch: Gauge;
  readonly rebuilds: Counter;
}

/** Registers them; asking again gives the same ones. */
export function fenceMetrics(metrics: Metrics): FenceMetrics {
  const gauge = (name: string, help: string): Gauge => metrics.gauge({ name, help }).with({});
  const rebuilds = { name: "sluice_ledger_hold_rebuilds_total", help: "Times balances were rebuilt in Redis." };
  return {
    closed: gauge(
      "sluice_ledger_holds_closed",
      "1 while no hold is admitted, for instance while balances are rebuilt.",
    ),
    epoch: gauge("sluice_ledger_hold_epoch", "Epoch of the shared hold store; it grows with each rebuild."),
    rebuilds: metrics.counter(rebuilds).with({}),
  };
}

import type { Counter, Family, Gauge, Histogram, Metrics } from "@sluice/platform/metrics";

/** What the adapter counts. Provider names are a small, configured set. */
export interface AdapterMetrics {
  readonly requests: Family<"provider" | "status", Counter>;
  readonly inFlight: Gauge;
  readonly headSeconds: Family<"provider", Histogram>;
  readonly attempts: Family<"provider" | "ending", Counter>;
  readonly abandoned: Family<"provider" | "policy", Counter>;
  readonly counted: Family<"provider" | "why", Counter>;
  readonly meterRetries: Counter;
  readonly unmetered: Counter;
}

/** Registers the adapter's metrics. */
export function adapterMetrics(metrics: Metrics): AdapterMetrics {
  return {
    requests: metrics.counter({
      name: "sluice_upstream_requests_total",
      help: "Requests sent to providers, by class of the answer's status.",
      labels: ["provider", "status"],
    }),
    inFlight: metrics
      .gauge({ name: "sluice_attempts_in_flight", help: "Attempts under way, drained ones included." })
      .with({}),
    headSeconds: metrics.histogram({
      name: "sluice_upstream_head_seconds",
      help: "Seconds from the attempt's start to the provider's status and headers.",
      labels: ["provider"],
    }),
    attempts: metrics.counter({
      name: "sluice_attempts_total",
      help: "Attempts by how the provider's side ended.",
      labels: ["provider", "ending"],
    }),
    abandoned: metrics.counter({
      name: "sluice_attempts_abandoned_total",
      help: "Attempts whose caller left, by what was done with the upstream (abort or drain).",
      labels: ["provider", "policy"],
    }),
    counted: metrics.counter({
      name: "sluice_attempts_counted_total",
      help: "Attempts billed by our own count, wholly or in part: the provider said nothing (missing), the answer was cut (partial), or its figures cannot be true (contradicted).",
      labels: ["provider", "why"],
    }),
    meterRetries: metrics
      .counter({ name: "sluice_attempt_metered_retries_total", help: "Further tries to make usage durable." })
      .with({}),
    unmetered: metrics
      .counter({
        name: "sluice_attempts_unmetered_total",
        help: "Attempts whose usage could not be made durable in time.",
      })
      .with({}),
  };
}

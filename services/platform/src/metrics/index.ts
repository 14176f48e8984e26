export { createMetrics } from "./metrics.ts";
export { isMetricsToken, metricsToken } from "./token.ts";
export type { Counter, Family, Gauge, Histogram, HistogramOptions, Labels, MetricOptions, Metrics } from "./types.ts";

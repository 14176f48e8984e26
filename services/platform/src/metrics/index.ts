export { createMetrics } from "./metrics.ts";
export type { Counter, Gauge, Histogram, HistogramOptions, Labels, MetricOptions, Metrics } from "./types.ts";

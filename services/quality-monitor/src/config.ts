import { z } from "zod";

/** The `quality_monitor` section of sluice.yaml. */
export const qualityMonitorConfig = z.strictObject({
  batch_size: z.number().int().min(1).max(10_000).default(500).describe("Most facts taken from a stream at once."),
  keep_days: z.number().int().min(1).default(30).describe("Days for which single attempts are kept for the counts."),
});

export type QualityMonitorConfig = z.output<typeof qualityMonitorConfig>;

import { z } from "zod";

const count = z.number().nullish();

/** Consumption as Bedrock reports it. Only what is read is checked. */
export const wireUsage = z.looseObject({
  inputTokens: count,
  outputTokens: count,
  totalTokens: count,
  cacheReadInputTokens: count,
  cacheWriteInputTokens: count,
  cacheDetails: z.array(z.looseObject({ ttl: z.string().nullish(), inputTokens: count })).nullish(),
});

export type WireUsage = z.output<typeof wireUsage>;

/** Any object of the wire. */
export type WireObject = Readonly<Record<string, unknown>>;

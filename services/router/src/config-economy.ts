import { z } from "zod";

const usdPerMillion = z.number().nonnegative().max(1_000_000);

/** One rule of `router.economy`: from which share of a budget on only cheaper models are asked. */
export const economyRule = z
  .strictObject({
    account: z
      .enum(["org", "team", "user", "key", "session"])
      .describe("Whose budget is looked at, of those the caller belongs to."),
    window: z
      .enum(["total", "hour", "day", "week", "month"])
      .default("total")
      .describe("Which of its budgets; where it has several in this window, the fullest counts."),
    used_percent: z
      .number()
      .int()
      .min(1)
      .max(100)
      .describe("Settled and held money or tokens, in percent of the limit, from which the rule holds."),
    models: z
      .array(z.string().min(1).max(512))
      .min(1)
      .max(256)
      .optional()
      .describe("Only these may be asked then, as provider/model; * stands for any characters."),
    cheaper_than: z
      .strictObject({
        input_usd_per_million: usdPerMillion.optional().describe("Highest price of a million input tokens."),
        output_usd_per_million: usdPerMillion.optional().describe("Highest price of a million output tokens."),
      })
      .optional()
      .describe("Only models up to these list prices may be asked then, in US dollars; one without a price may not."),
  })
  .refine(({ models, cheaper_than: cheaper }) => models !== undefined || cheaper !== undefined, {
    message: "say which models may be asked then: models, cheaper_than or both",
  });

export type EconomyRule = z.output<typeof economyRule>;

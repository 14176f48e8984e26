import { z } from "zod";

const positive = z.number().int().positive();
const timeout = (what: string) => z.number().int().nonnegative().default(0).describe(what);

/** The `router` section of sluice.yaml. */
export const routerConfig = z.strictObject({
  aliases: z
    .record(z.string().min(1), z.array(z.string().min(3)).length(1, "an alias stands for exactly one provider/model"))
    .default({})
    .describe(
      "Names callers may use instead of provider/model, each with its target, e.g. fast: [openai/gpt-4.1-mini].",
    ),
  default_output_tokens: positive
    .default(4096)
    .describe("Most output tokens of an answer when the caller gives no limit."),
  default_output_tokens_reasoning: positive
    .default(16384)
    .describe("The same for models that reason before they answer."),
  minimum_output_tokens: positive
    .default(16)
    .describe("If the budgets cannot pay the whole answer, the bound is lowered, but never below this many tokens."),
  validation_level: z
    .enum(["off", "observe", "guard", "strict"])
    .default("guard")
    .describe("How strictly answers are judged unless the caller asks for more."),
  validation_deadline_ms: positive.default(250).describe("Time one judgement may take; later checks count as skipped."),
  hold_ttl_ms: z
    .number()
    .int()
    .min(1000)
    .default(60_000)
    .describe("Life of a hold in milliseconds; live attempts renew it every third of its life."),
  window_min_tokens: positive.default(8).describe("Content deltas held back before the start of a stream is judged."),
  window_max_tokens: positive.default(48).describe("Content deltas after which an undecided start is let through."),
  window_max_ms: positive.default(1000).describe("Milliseconds after which an undecided start is let through."),
  catalog_refresh_ms: positive.default(5000).describe("How often the model catalogue is read again."),
  timeouts: z
    .strictObject({
      connect_ms: timeout("Until the connection to the provider stands."),
      first_content_ms: timeout("From sending the request to the first content."),
      idle_ms: timeout("Between two pieces of content."),
      total_ms: timeout("For the whole attempt."),
    })
    .prefault({})
    .describe(
      "Limits of time of one attempt, in milliseconds; 0 leaves a limit to provider_adapter and its providers.",
    ),
});

export type RouterConfig = z.output<typeof routerConfig>;

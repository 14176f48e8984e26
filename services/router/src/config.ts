import { z } from "zod";
import { economyRule } from "./config-economy.ts";
import { attemptTimeouts, LEVEL_NAMES, routeRule, targets } from "./config-routes.ts";

const positive = z.number().int().positive();

const modelName = z
  .string()
  .max(512)
  .regex(/^[^/]+\/.+$/, "write it as provider/model");

const attempts = z.strictObject({
  max: positive.max(16).default(5).describe("Most attempts one request may make, the first one included."),
  time_max_ms: positive
    .default(120_000)
    .describe("No further attempt begins later than this after the request was decided, in milliseconds."),
  worst_case_usd_max: positive
    .optional()
    .describe(
      "No further attempt begins once the worst cases of those made reach this many US dollars; default no limit.",
    ),
});

const retry = z.strictObject({
  same_candidate_max: z
    .number()
    .int()
    .min(0)
    .max(8)
    .default(1)
    .describe("How often a candidate is asked again after a passing failure, when no other candidate is left."),
  backoff_ms: positive
    .default(250)
    .describe(
      "First wait before the same candidate is asked again; it doubles with each repetition and varies by half.",
    ),
  backoff_max_ms: positive
    .default(5_000)
    .describe("Longest such wait, in milliseconds. A provider that names a longer one is not waited for."),
  prefer_same_within_ms: z
    .number()
    .int()
    .min(0)
    .default(50)
    .describe("A candidate that names a wait of at most this is asked again before another one is."),
});

const breaker = z.strictObject({
  failures_min: positive.default(5).describe("Failures within the window before a breaker may open."),
  failure_share: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe("Share of failed attempts within the window at which a breaker opens."),
  window_ms: positive.default(30_000).describe("Length of that window in milliseconds."),
  open_ms: positive.default(5_000).describe("How long an open breaker waits before one attempt probes its candidate."),
  open_max_ms: positive.default(60_000).describe("Longest wait after probes that failed; the wait doubles up to this."),
});

/** The `router` section of sluice.yaml. */
export const routerConfig = z.strictObject({
  aliases: z
    .record(z.string().min(1), targets)
    .default({})
    .describe(
      "Names callers may use instead of provider/model, each with its targets in order of preference, e.g. fast: [openai/gpt-4.1-mini, anthropic/claude-haiku-4-5]. A target may be {model, weight}.",
    ),
  routes: z
    .array(routeRule)
    .max(1_000)
    .default([])
    .describe("Rules by model name; the first that matches the name the caller wrote says what differs for it."),
  migrations: z
    .record(modelName, modelName)
    .default({})
    .describe(
      "What serves instead of a model that its provider has shut down, both as provider/model, e.g. openai/gpt-4: openai/gpt-4.1.",
    ),
  ended_models: z
    .enum(["refuse", "follow", "try"])
    .default("refuse")
    .describe(
      "What happens to a model whose announced end has come and for which migrations has no rule: refuse it and name its replacement, follow (the model its provider names instead serves), or try it all the same.",
    ),
  economy: z
    .array(economyRule)
    .max(100)
    .default([])
    .describe("From which share of a budget on only cheaper models are asked."),
  attempts: attempts.prefault({}).describe("What bounds the attempts of one request."),
  retry: retry.prefault({}).describe("When the same candidate is asked again."),
  breaker: breaker
    .prefault({})
    .describe("When a provider's model counts as failing, so that others are tried before it."),
  default_output_tokens: positive
    .default(4096)
    .describe("Most output tokens of an answer when the caller gives no limit."),
  default_output_tokens_reasoning: positive
    .default(16384)
    .describe("The same for models that reason before they answer."),
  minimum_output_tokens: positive
    .default(16)
    .describe("If the budgets cannot pay the whole answer, the bound is lowered, but never below this many tokens."),
  input_bound: z
    .enum(["calibrated", "bytes"])
    .default("calibrated")
    .describe(
      "How prompts are bounded before a call: calibrated (counted or estimated closely, learning from usage) or bytes (a guarantee, three to four times too high).",
    ),
  unbounded_hold_usd: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe(
      "Held on top, in US dollars, for a request that has the provider search, fetch or run things, whose cost nobody can bound; 0 holds nothing, and hard limits then refuse it.",
    ),
  validation_level: z
    .enum(LEVEL_NAMES)
    .default("guard")
    .describe("How strictly answers are judged unless the caller asks for more."),
  validation_deadline_ms: positive.default(250).describe("Time one judgement may take; later checks count as skipped."),
  json_repair: z
    .boolean()
    .default(true)
    .describe("Whether an answer in JSON that is fenced, surrounded by prose or slightly wrong may be repaired."),
  structured_stream: z
    .enum(["held", "eager"])
    .default("held")
    .describe("Whether streamed JSON and tool calls wait until they are whole and judged, or flow at once."),
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
  timeouts: attemptTimeouts
    .prefault({})
    .describe(
      "Limits of time of one attempt, in milliseconds; 0 leaves a limit to provider_adapter and its providers.",
    ),
});

export type RouterConfig = z.output<typeof routerConfig>;

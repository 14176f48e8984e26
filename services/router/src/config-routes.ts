import { z } from "zod";

const positive = z.number().int().positive();
const timeout = (what: string) => z.number().int().nonnegative().default(0).describe(what);

/** Limits of time of one attempt. */
export const attemptTimeouts = z.strictObject({
  connect_ms: timeout("Until the connection to the provider stands."),
  first_content_ms: timeout("From sending the request to the first content of a streamed answer."),
  idle_ms: timeout("Between two pieces of content."),
  total_ms: timeout("For the whole attempt."),
});

const target = z.union([
  z.string().min(3).max(512),
  z.strictObject({
    model: z.string().min(3).max(512).describe("Target as provider/model."),
    weight: z
      .number()
      .positive()
      .max(1_000_000)
      .default(1)
      .describe("Share of requests it gets first under the strategy weighted, relative to the others."),
  }),
]);

/** What a name stands for: targets in order of preference. */
export const targets = z.array(target).min(1, "name at least one provider/model").max(32);

export const STRATEGY_NAMES = ["pinned", "priority", "weighted"] as const;
export const LEVEL_NAMES = ["off", "observe", "guard", "strict"] as const;

/** One rule of `router.routes`: which names it is for and what holds for them. */
export const routeRule = z.strictObject({
  models: z
    .array(z.string().min(1).max(512))
    .min(1, "name at least one model, or * for all")
    .max(256)
    .describe("Names as callers write them; * stands for any characters. The first rule that matches counts."),
  targets: targets.optional().describe("Candidates instead of what the name itself stands for."),
  strategy: z
    .enum(STRATEGY_NAMES)
    .optional()
    .describe(
      "Order of the candidates: pinned (the first only), priority (as listed), weighted (drawn by weight). Default: weighted if a target has a weight, else priority.",
    ),
  validation_level: z.enum(LEVEL_NAMES).optional().describe("How strictly answers are judged on this route."),
  json_repair: z
    .boolean()
    .optional()
    .describe(
      "False fails an answer whose JSON is fenced, surrounded by prose or slightly wrong, instead of repairing it.",
    ),
  structured_stream: z
    .enum(["held", "eager"])
    .optional()
    .describe(
      "Whether streamed JSON and tool calls wait until they are whole and judged (held), or flow at once (eager).",
    ),
  failover: z.boolean().optional().describe("False forbids a second attempt."),
  attempts_max: positive.max(16).optional().describe("Most attempts a request may make on this route."),
  default_output_tokens: positive
    .optional()
    .describe("Most output tokens of an answer when the caller gives no limit."),
  unbounded_hold_usd: z
    .number()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe("Held on top for what cannot be bounded on this route, in US dollars."),
  timeouts: attemptTimeouts
    .optional()
    .describe("Limits of time of one attempt, in milliseconds; 0 leaves a limit to router.timeouts."),
});

export type RouteRule = z.output<typeof routeRule>;
export type Targets = z.output<typeof targets>;

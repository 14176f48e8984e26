import { z } from "zod";
import { amount } from "./answers.ts";

/** The story of a request, as the admin door tells it. Facts that never came are absent, empty or zero. */

const text = z.string();
const moment = z.number();

const decision = z.looseObject({
  key_id: text,
  requested_model: text,
  strategy: text,
  candidates: z.array(z.looseObject({ provider: text, model: text, propensity: z.number(), excluded_reason: text })),
  stream: z.boolean(),
  validation_level: text,
  decided_at_ms: moment,
  input_token_bound: amount,
  route: text,
  attempts_max: z.number(),
});

const hold = z.looseObject({
  held_nanousd: amount,
  price_version: text,
  accounts: z.array(text),
  placed_at_ms: moment,
  state: text,
  ended_at_ms: moment,
  reason: text,
});

const usage = z.looseObject({
  input_tokens: amount.optional(),
  cached_input_tokens: amount.optional(),
  cache_write_5m_tokens: amount.optional(),
  cache_write_1h_tokens: amount.optional(),
  output_tokens: amount.optional(),
  reasoning_tokens: amount.optional(),
  input_audio_tokens: amount.optional(),
  output_audio_tokens: amount.optional(),
});

const verdict = z.looseObject({
  phase: text,
  decision: text,
  micros: amount,
  reasons: z.array(z.looseObject({ check: text, decision: text, score: z.number(), detail: text })),
});

const posting = z.looseObject({
  kind: text,
  amount_nanousd: amount,
  price_version: text,
  overrun: z.boolean(),
  posted_at_ms: moment,
});

const attempt = z.looseObject({
  attempt_id: text,
  ordinal: z.number(),
  provider: text,
  model: text,
  hold: hold.optional(),
  started_at_ms: moment,
  ending: text,
  ended_at_ms: moment,
  usage: usage.optional(),
  usage_source: text,
  upstream_request_id: text,
  outcome: text,
  committed: z.boolean(),
  verdict: text,
  error: z.looseObject({ code: text, message: text, provider_code: text, upstream_status: z.number() }).optional(),
  first_content_ms: moment.optional(),
  duration_ms: moment.optional(),
  finish_reason: text,
  next: text,
  next_reason: text,
  backoff_ms: moment,
  verdicts: z.array(verdict),
  postings: z.array(posting),
  cost_nanousd: amount,
});

export const storyAnswer = z.looseObject({
  request_id: text,
  tenant_id: text,
  state: text,
  arrived_at_ms: moment,
  decision: decision.optional(),
  attempts: z.array(attempt),
  bill_nanousd: amount,
  held_nanousd: amount,
  notes: z.array(text),
});

export type Story = z.output<typeof storyAnswer>;
export type StoryDecision = z.output<typeof decision>;
export type StoryAttempt = z.output<typeof attempt>;
export type StoryUsage = z.output<typeof usage>;
export type StoryVerdict = z.output<typeof verdict>;

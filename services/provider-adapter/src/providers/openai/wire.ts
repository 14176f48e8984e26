import { z } from "zod";

/**
 * The fields of OpenAI's chat completions that are read; everything else is kept aside. Answers are read leniently:
 * a field of another type than expected counts as absent, because look-alikes differ in what they leave out or set null.
 */

const text = z.string().nullish().catch(undefined);
const count = z.number().nullish().catch(undefined);
const record = z.record(z.string(), z.unknown());

/** Token counts; https://platform.openai.com/docs/api-reference/chat/object */
export const wireUsage = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_cache_hit_tokens: count,
  cached_tokens: count,
  num_cached_tokens: count,
  reasoning_tokens: count,
  prompt_tokens_details: z
    .looseObject({ cached_tokens: count, cache_write_tokens: count, audio_tokens: count })
    .nullish()
    .catch(undefined),
  completion_tokens_details: z.looseObject({ reasoning_tokens: count, audio_tokens: count }).nullish().catch(undefined),
});
export type WireUsage = z.infer<typeof wireUsage>;

const COUNTS = Object.keys(wireUsage.shape).filter((name) => !name.endsWith("_details"));
const PROMPT_COUNTS = ["cached_tokens", "cache_write_tokens", "audio_tokens"];
const COMPLETION_COUNTS = ["reasoning_tokens", "audio_tokens"];

/** Reads a usage object; undefined if it is none. One whose counts are all numbers is what the schema would make of it. */
export function readUsage(wire: unknown): WireUsage | undefined {
  if (isObject(wire) && isPlainUsage(wire)) return wire as WireUsage;
  const parsed = wireUsage.safeParse(wire);
  return parsed.success ? parsed.data : undefined;
}

function isPlainUsage(wire: Readonly<Record<string, unknown>>): boolean {
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = wire;
  return areCounts(wire, COUNTS) && arePlain(prompt, PROMPT_COUNTS) && arePlain(completion, COMPLETION_COUNTS);
}

function arePlain(details: unknown, names: readonly string[]): boolean {
  return details === undefined || details === null || (isObject(details) && areCounts(details, names));
}

function areCounts(object: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  for (const name of names) {
    const value = object[name];
    if (value !== undefined && value !== null && !Number.isFinite(value)) return false;
  }
  return true;
}

/** The error object, wherever it stands. */
export const wireError = z.looseObject({
  message: z.unknown().optional(),
  type: text,
  param: text,
  code: z.union([z.string(), z.number()]).nullish().catch(undefined),
});
export type WireError = z.infer<typeof wireError>;

/** Any JSON object. */
export const wireObject = record;

export interface WireToolCall {
  readonly index?: number | null;
  readonly id?: string | null;
  readonly type?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null;
  readonly custom?: { readonly name?: string | null; readonly input?: string | null } | null;
}

/** A message of a plain answer or a delta of a streamed one: the same fields, whole or in pieces. */
export interface WireDelta {
  readonly [field: string]: unknown;
  readonly role?: unknown;
  readonly content?: unknown;
  readonly refusal?: unknown;
  readonly reasoning_content?: unknown;
  readonly reasoning?: unknown;
  readonly reasoning_details?: unknown;
  readonly tool_calls?: unknown;
  readonly audio?: unknown;
  readonly annotations?: unknown;
}

export interface WireChoice {
  readonly index?: unknown;
  readonly delta?: unknown;
  readonly message?: unknown;
  readonly logprobs?: unknown;
  readonly finish_reason?: unknown;
}

/** A chat.completion or a chat.completion.chunk. Checked field by field where it is read: it is the hot path. */
export interface WireAnswer {
  readonly [field: string]: unknown;
  readonly id?: unknown;
  readonly model?: unknown;
  readonly created?: unknown;
  readonly service_tier?: unknown;
  readonly system_fingerprint?: unknown;
  readonly choices?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
}

/** True for a JSON object (neither null nor a list). */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of a string field, "" for anything else. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

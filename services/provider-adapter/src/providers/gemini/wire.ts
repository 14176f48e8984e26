import { z } from "zod";

/**
 * The fields of generateContent that are read; https://ai.google.dev/api/generate-content. Answers are read leniently: a field of
 * another type than expected counts as absent. Enumerations come as names, or as numbers where a caller asked for that.
 */

const count = z.number().nullish().catch(undefined);
const text = z.string().nullish().catch(undefined);

const modalityCounts = z
  .array(z.looseObject({ modality: z.union([z.string(), z.number()]).nullish().catch(undefined), tokenCount: count }))
  .nullish()
  .catch(undefined);

/** Token counts; cumulative on every event of a stream. */
export const wireUsage = z.looseObject({
  promptTokenCount: count,
  cachedContentTokenCount: count,
  toolUsePromptTokenCount: count,
  candidatesTokenCount: count,
  thoughtsTokenCount: count,
  totalTokenCount: count,
  promptTokensDetails: modalityCounts,
  cacheTokensDetails: modalityCounts,
  candidatesTokensDetails: modalityCounts,
});
export type WireUsage = z.infer<typeof wireUsage>;

/** `google.rpc.Status` as JSON, the object under `error`. */
export const wireStatus = z.looseObject({
  code: z.union([z.number(), z.string()]).nullish().catch(undefined),
  message: z.unknown(),
  status: text,
  details: z.array(z.record(z.string(), z.unknown())).nullish().catch(undefined),
});

/** One part of a candidate's content. Checked field by field where it is read: it is the hot path. */
export interface WirePart {
  readonly [field: string]: unknown;
  readonly text?: unknown;
  readonly thought?: unknown;
  readonly thoughtSignature?: unknown;
  readonly functionCall?: unknown;
  readonly inlineData?: unknown;
}

export interface WireCandidate {
  readonly [field: string]: unknown;
  readonly index?: unknown;
  readonly content?: unknown;
  readonly finishReason?: unknown;
  readonly logprobsResult?: unknown;
}

/** A GenerateContentResponse: a whole answer, or one event of a stream. */
export interface WireAnswer {
  readonly [field: string]: unknown;
  readonly candidates?: unknown;
  readonly promptFeedback?: unknown;
  readonly usageMetadata?: unknown;
  readonly modelVersion?: unknown;
  readonly responseId?: unknown;
  readonly createTime?: unknown;
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

/** The objects of a list field; none for anything else. */
export function objectsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

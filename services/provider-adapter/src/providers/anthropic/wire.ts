import { z } from "zod";

/**
 * The fields of Messages answers that are read; everything else is kept aside. Answers are read leniently: a field of
 * another type than expected counts as absent, because fields appear and become null without notice.
 */

const text = z.string().nullish().catch(undefined);
const count = z.number().nullish().catch(undefined);

/** Token counts; https://platform.claude.com/docs/en/api/messages */
export const wireUsage = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z
    .looseObject({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count })
    .nullish()
    .catch(undefined),
  output_tokens_details: z.looseObject({ thinking_tokens: count }).nullish().catch(undefined),
  server_tool_use: z.record(z.string(), z.unknown()).nullish().catch(undefined),
});
export type WireUsage = z.infer<typeof wireUsage>;

/** The error object, wherever it stands. */
export const wireError = z.looseObject({
  type: text,
  message: z.unknown(),
  details: z.looseObject({ error_code: text }).nullish().catch(undefined),
});
export type WireError = z.infer<typeof wireError>;

/** A message, whole or as its stream begins. Checked field by field where it is read: it is the hot path. */
export interface WireMessage {
  readonly [field: string]: unknown;
  readonly id?: unknown;
  readonly model?: unknown;
  readonly content?: unknown;
  readonly stop_reason?: unknown;
  readonly stop_sequence?: unknown;
  readonly stop_details?: unknown;
  readonly usage?: unknown;
}

/** A content block, whole or as its stream begins. */
export interface WireBlock {
  readonly [field: string]: unknown;
  readonly type?: unknown;
  readonly text?: unknown;
  readonly thinking?: unknown;
  readonly signature?: unknown;
  readonly data?: unknown;
  readonly id?: unknown;
  readonly name?: unknown;
  readonly input?: unknown;
  readonly citations?: unknown;
}

/** One event of a stream. */
export interface WireEvent {
  readonly [field: string]: unknown;
  readonly type?: unknown;
  readonly index?: unknown;
  readonly message?: unknown;
  readonly content_block?: unknown;
  readonly delta?: unknown;
  readonly usage?: unknown;
  readonly error?: unknown;
}

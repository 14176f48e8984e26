import { FinishReason } from "@sluice/proto/chat/v1/chat";

const { FINISH_REASON_STOP, FINISH_REASON_LENGTH, FINISH_REASON_CONTENT_FILTER, FINISH_REASON_ERROR } = FinishReason;

const REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: FINISH_REASON_STOP,
  MAX_TOKENS: FINISH_REASON_LENGTH,
  SAFETY: FINISH_REASON_CONTENT_FILTER,
  RECITATION: FINISH_REASON_CONTENT_FILTER,
  BLOCKLIST: FINISH_REASON_CONTENT_FILTER,
  PROHIBITED_CONTENT: FINISH_REASON_CONTENT_FILTER,
  SPII: FINISH_REASON_CONTENT_FILTER,
  MODEL_ARMOR: FINISH_REASON_CONTENT_FILTER,
  JAILBREAK: FINISH_REASON_CONTENT_FILTER,
  IMAGE_SAFETY: FINISH_REASON_CONTENT_FILTER,
  IMAGE_PROHIBITED_CONTENT: FINISH_REASON_CONTENT_FILTER,
  IMAGE_RECITATION: FINISH_REASON_CONTENT_FILTER,
  IMAGE_OTHER: FINISH_REASON_CONTENT_FILTER,
  LANGUAGE: FINISH_REASON_ERROR,
  OTHER: FINISH_REASON_ERROR,
  MALFORMED_FUNCTION_CALL: FINISH_REASON_ERROR,
  UNEXPECTED_TOOL_CALL: FINISH_REASON_ERROR,
  TOO_MANY_TOOL_CALLS: FINISH_REASON_ERROR,
  MISSING_THOUGHT_SIGNATURE: FINISH_REASON_ERROR,
  MALFORMED_RESPONSE: FINISH_REASON_ERROR,
};

/** Names by number, for answers whose enumerations were asked for as numbers. Only Vertex was seen to send these: its numbering. */
const BY_NUMBER: readonly string[] = [
  "FINISH_REASON_UNSPECIFIED",
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "MODEL_ARMOR",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
  "IMAGE_OTHER",
  "UNEXPECTED_TOOL_CALL",
];

/** The reason as the provider wrote it; "" while it has given none. */
export function rawReasonOf(value: unknown): string {
  const raw = typeof value === "number" ? String(value) : value;
  return typeof raw !== "string" || raw === "0" || raw === "FINISH_REASON_UNSPECIFIED" ? "" : raw;
}

/**
 * The one vocabulary's word for a finish reason. Google says STOP where the model waits for tool results, so calls are looked at.
 * New reasons appear without notice: an unknown one is OTHER.
 */
export function mapFinish(raw: string, hasCalls: boolean): FinishReason {
  const name = /^\d+$/.test(raw) ? (BY_NUMBER[Number(raw)] ?? raw) : raw;
  const reason = Object.hasOwn(REASONS, name) ? REASONS[name] : FinishReason.FINISH_REASON_OTHER;
  if (reason === FINISH_REASON_STOP && hasCalls) return FinishReason.FINISH_REASON_TOOL_CALLS;
  return reason ?? FinishReason.FINISH_REASON_OTHER;
}

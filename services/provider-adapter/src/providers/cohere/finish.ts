import { FinishReason } from "@sluice/proto/chat/v1/chat";

const REASONS: Readonly<Record<string, FinishReason>> = {
  COMPLETE: FinishReason.FINISH_REASON_STOP,
  STOP_SEQUENCE: FinishReason.FINISH_REASON_STOP,
  MAX_TOKENS: FinishReason.FINISH_REASON_LENGTH,
  ERROR_LIMIT: FinishReason.FINISH_REASON_LENGTH,
  TOOL_CALL: FinishReason.FINISH_REASON_TOOL_CALLS,
  ERROR_TOXIC: FinishReason.FINISH_REASON_CONTENT_FILTER,
  ERROR: FinishReason.FINISH_REASON_ERROR,
  TIMEOUT: FinishReason.FINISH_REASON_ERROR,
  USER_CANCEL: FinishReason.FINISH_REASON_ERROR,
};

/** The one vocabulary's word for a finish reason. New reasons appear without notice: an unknown one is OTHER. */
export function mapFinish(raw: string): FinishReason {
  const known = Object.hasOwn(REASONS, raw) ? REASONS[raw] : undefined;
  return known ?? FinishReason.FINISH_REASON_OTHER;
}

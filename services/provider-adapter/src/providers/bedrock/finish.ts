import { FinishReason } from "@sluice/proto/chat/v1/chat";

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: FinishReason.FINISH_REASON_STOP,
  stop_sequence: FinishReason.FINISH_REASON_STOP,
  max_tokens: FinishReason.FINISH_REASON_LENGTH,
  model_context_window_exceeded: FinishReason.FINISH_REASON_LENGTH,
  tool_use: FinishReason.FINISH_REASON_TOOL_CALLS,
  guardrail_intervened: FinishReason.FINISH_REASON_CONTENT_FILTER,
  content_filtered: FinishReason.FINISH_REASON_CONTENT_FILTER,
  // A word of Anthropic's that comes through.
  refusal: FinishReason.FINISH_REASON_CONTENT_FILTER,
  malformed_model_output: FinishReason.FINISH_REASON_ERROR,
  malformed_tool_use: FinishReason.FINISH_REASON_ERROR,
};

/** The one vocabulary's word for a stop reason. New reasons appear without notice: an unknown one is OTHER. */
export function mapFinish(raw: string): FinishReason {
  const known = Object.hasOwn(REASONS, raw) ? REASONS[raw] : undefined;
  return known ?? FinishReason.FINISH_REASON_OTHER;
}

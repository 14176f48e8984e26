import { FinishReason } from "@sluice/proto/chat/v1/chat";

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: FinishReason.FINISH_REASON_STOP,
  stop_sequence: FinishReason.FINISH_REASON_STOP,
  // A tool the provider runs paused the turn: the answer so far is whole, and sending it back goes on.
  pause_turn: FinishReason.FINISH_REASON_STOP,
  max_tokens: FinishReason.FINISH_REASON_LENGTH,
  model_context_window_exceeded: FinishReason.FINISH_REASON_LENGTH,
  tool_use: FinishReason.FINISH_REASON_TOOL_CALLS,
  refusal: FinishReason.FINISH_REASON_CONTENT_FILTER,
};

/** The one vocabulary's word for a stop reason. New reasons appear without notice: an unknown one is OTHER. */
export function mapFinish(raw: string): FinishReason {
  return Object.hasOwn(REASONS, raw)
    ? (REASONS[raw] ?? FinishReason.FINISH_REASON_OTHER)
    : FinishReason.FINISH_REASON_OTHER;
}

import { FinishReason } from "@sluice/proto/chat/v1/chat";

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: FinishReason.FINISH_REASON_STOP,
  eos: FinishReason.FINISH_REASON_STOP,
  length: FinishReason.FINISH_REASON_LENGTH,
  model_length: FinishReason.FINISH_REASON_LENGTH,
  max_tokens: FinishReason.FINISH_REASON_LENGTH,
  model_context_window_exceeded: FinishReason.FINISH_REASON_LENGTH,
  tool_calls: FinishReason.FINISH_REASON_TOOL_CALLS,
  function_call: FinishReason.FINISH_REASON_TOOL_CALLS,
  content_filter: FinishReason.FINISH_REASON_CONTENT_FILTER,
  sensitive: FinishReason.FINISH_REASON_CONTENT_FILTER,
  error: FinishReason.FINISH_REASON_ERROR,
  abort: FinishReason.FINISH_REASON_ERROR,
  network_error: FinishReason.FINISH_REASON_ERROR,
  insufficient_system_resource: FinishReason.FINISH_REASON_ERROR,
};

/** The one vocabulary's word for a finish reason. New reasons appear without notice: an unknown one is OTHER. */
export function mapFinish(raw: string): FinishReason {
  return Object.hasOwn(REASONS, raw)
    ? (REASONS[raw] ?? FinishReason.FINISH_REASON_OTHER)
    : FinishReason.FINISH_REASON_OTHER;
}

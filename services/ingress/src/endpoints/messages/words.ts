import { type FinishChunk, FinishReason } from "@sluice/proto/chat/v1/chat";

/** Reasons of this dialect that say more than the canonical word. */
const OWN: Readonly<Partial<Record<FinishReason, ReadonlySet<string>>>> = {
  [FinishReason.FINISH_REASON_STOP]: new Set(["end_turn", "stop_sequence", "pause_turn"]),
  [FinishReason.FINISH_REASON_LENGTH]: new Set(["max_tokens", "model_context_window_exceeded"]),
};

/** Anthropic's word for why an answer ended; a reason without one keeps the provider's word. Null if none was given. */
export function stopReason(finish: FinishChunk | undefined, refused: boolean): string | null {
  if (finish === undefined) return null;
  const { reason, rawReason, stopSequence } = finish;
  if (OWN[reason]?.has(rawReason) === true) return rawReason;
  switch (reason) {
    case FinishReason.FINISH_REASON_STOP:
      if (refused) return "refusal";
      return stopSequence === "" ? "end_turn" : "stop_sequence";
    case FinishReason.FINISH_REASON_LENGTH:
      return "max_tokens";
    case FinishReason.FINISH_REASON_TOOL_CALLS:
      return "tool_use";
    case FinishReason.FINISH_REASON_CONTENT_FILTER:
      return "refusal";
    case FinishReason.FINISH_REASON_ERROR:
      return "error";
    default:
      return rawReason === "" ? "end_turn" : rawReason;
  }
}

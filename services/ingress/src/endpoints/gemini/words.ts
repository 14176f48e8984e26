import { type FinishChunk, FinishReason } from "@sluice/proto/chat/v1/chat";

const WORDS: Readonly<Partial<Record<FinishReason, string>>> = {
  [FinishReason.FINISH_REASON_STOP]: "STOP",
  [FinishReason.FINISH_REASON_LENGTH]: "MAX_TOKENS",
  // Whoever is to run a function sees it among the parts.
  [FinishReason.FINISH_REASON_TOOL_CALLS]: "STOP",
  [FinishReason.FINISH_REASON_CONTENT_FILTER]: "SAFETY",
};

/** Reasons are numbers where a caller asked Google for that; nobody can ask so here. */
const NUMBER = /^\d+$/;

/** Google's word for why a candidate ended; a provider of this dialect has said it itself. */
export function finishReason({ reason, rawReason }: FinishChunk, native: boolean): string {
  if (native && rawReason !== "" && !NUMBER.test(rawReason)) return rawReason;
  return WORDS[reason] ?? "OTHER";
}

import { type FinishChunk, FinishReason } from "@sluice/proto/chat/v1/chat";

const WORDS: Readonly<Partial<Record<FinishReason, string>>> = {
  [FinishReason.FINISH_REASON_STOP]: "stop",
  [FinishReason.FINISH_REASON_LENGTH]: "length",
  [FinishReason.FINISH_REASON_TOOL_CALLS]: "tool_calls",
  [FinishReason.FINISH_REASON_CONTENT_FILTER]: "content_filter",
  [FinishReason.FINISH_REASON_ERROR]: "error",
};

const TIERS: ReadonlySet<string> = new Set(["auto", "default", "flex", "scale", "priority", "fast"]);

/** OpenAI's word for a processing tier; a provider's own word for its usual one is "default", any other has none. */
export function tierWord(tier: string): string | undefined {
  if (TIERS.has(tier)) return tier;
  return tier === "standard" ? "default" : undefined;
}

/** OpenAI's word for why a choice ended; a reason without one keeps the provider's word. Null if none was given. */
export function finishWord(finish: FinishChunk | undefined): string | null {
  if (finish === undefined) return null;
  // The older calls of a single function have a word of their own that their callers wait for.
  if (finish.rawReason === "function_call") return finish.rawReason;
  return WORDS[finish.reason] ?? (finish.rawReason === "" ? null : finish.rawReason);
}

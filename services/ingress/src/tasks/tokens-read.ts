import type { Usage } from "@sluice/proto/common/v1/usage";

/** Tokens a request had the model read, of whatever class; 0 for models that are billed otherwise. */
export function tokensRead(usage: Usage | undefined): number {
  if (usage === undefined) return 0;
  const { inputTokens = 0n, cachedInputTokens = 0n, inputAudioTokens = 0n, inputImageTokens = 0n } = usage;
  return Number(inputTokens + cachedInputTokens + inputAudioTokens + inputImageTokens);
}

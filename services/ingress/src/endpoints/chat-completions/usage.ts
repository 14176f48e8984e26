import type { Usage } from "@sluice/proto/common/v1/usage";

/** OpenAI's `usage` object. */
export interface UsageBody {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: Readonly<Record<string, number>>;
  readonly completion_tokens_details: Readonly<Record<string, number>>;
}

/** Adds up the disjoint classes as OpenAI does: cached and audio tokens are parts of the totals. Undefined in, undefined out. */
export function toUsageBody(usage: Usage | undefined): UsageBody | undefined {
  if (usage === undefined || (usage.inputTokens === undefined && usage.outputTokens === undefined)) return undefined;
  const written = sum(usage.cacheWrite5mTokens, usage.cacheWrite1hTokens);
  const prompt = sum(usage.inputTokens, usage.cachedInputTokens, written, usage.inputAudioTokens) ?? 0n;
  const completion = sum(usage.outputTokens, usage.outputAudioTokens) ?? 0n;
  return {
    prompt_tokens: Number(prompt),
    completion_tokens: Number(completion),
    total_tokens: Number(prompt + completion),
    prompt_tokens_details: present({
      cached_tokens: usage.cachedInputTokens,
      audio_tokens: usage.inputAudioTokens,
      cache_write_tokens: written,
    }),
    completion_tokens_details: present({
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.outputAudioTokens,
    }),
  };
}

function sum(...classes: readonly (bigint | undefined)[]): bigint | undefined {
  let total: bigint | undefined;
  for (const tokens of classes) if (tokens !== undefined) total = (total ?? 0n) + tokens;
  return total;
}

/** An absent class was not reported; it is left out instead of shown as zero. */
function present(classes: Readonly<Record<string, bigint | undefined>>): Record<string, number> {
  const shown: Record<string, number> = {};
  for (const [name, tokens] of Object.entries(classes)) if (tokens !== undefined) shown[name] = Number(tokens);
  return shown;
}

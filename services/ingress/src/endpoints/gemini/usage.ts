import type { Usage } from "@sluice/proto/common/v1/usage";
import { parseExtra } from "../chat-completions/response.ts";

type UsageBody = Readonly<Record<string, unknown>>;

/**
 * Google's `usageMetadata`: the prompt's count includes what came from a cache, the answer's count leaves thinking out. What a provider of
 * this dialect counted itself stays as it is; an absent class was not reported. Undefined in, undefined out.
 */
export function toUsageBody(usage: Usage | undefined, native: boolean): UsageBody | undefined {
  if (usage === undefined || (usage.inputTokens === undefined && usage.outputTokens === undefined)) return undefined;
  const figures = figuresOf(usage);
  return (native ? ownFigures(usage, figures) : undefined) ?? figures;
}

/** The provider's own object, if it says what is charged. */
function ownFigures(usage: Usage, figures: UsageBody): UsageBody | undefined {
  const raw = parseExtra(usage.rawJson);
  const prompt = count(raw["promptTokenCount"]) + count(raw["toolUsePromptTokenCount"]);
  return prompt === figures["promptTokenCount"] ? raw : undefined;
}

function figuresOf(usage: Usage): UsageBody {
  const written = sum(usage.cacheWrite5mTokens, usage.cacheWrite1hTokens);
  const prompt = sum(usage.inputTokens, usage.cachedInputTokens, usage.inputAudioTokens) + written;
  const thoughts = usage.reasoningTokens;
  const answer = sum(usage.outputTokens, usage.outputAudioTokens) - sum(thoughts);
  const audio = usage.inputAudioTokens;
  return {
    promptTokenCount: prompt,
    ...(usage.cachedInputTokens !== undefined && { cachedContentTokenCount: sum(usage.cachedInputTokens) }),
    candidatesTokenCount: Math.max(0, answer),
    ...(thoughts !== undefined && { thoughtsTokenCount: sum(thoughts) }),
    totalTokenCount: prompt + Math.max(0, answer) + sum(thoughts),
    ...(audio !== undefined &&
      audio > 0n && {
        promptTokensDetails: [
          { modality: "TEXT", tokenCount: prompt - sum(audio) },
          { modality: "AUDIO", tokenCount: sum(audio) },
        ],
      }),
  };
}

function sum(...classes: readonly (bigint | undefined)[]): number {
  let total = 0n;
  for (const tokens of classes) total += tokens ?? 0n;
  return Number(total);
}

const count = (value: unknown): number => (typeof value === "number" ? value : 0);

import type { Ask } from "../../answer/types.ts";
import { cachedTokens, IMAGE_TOKENS } from "../token-rule.ts";

/** Output of so far. */
export interface Made {
  readonly tokens: number;
  /** The part of them that was thinking. */
  readonly thoughts: number;
}

function modalities(ask: Ask) {
  const image = Math.min(ask.images * IMAGE_TOKENS, ask.promptTokens);
  const text = { modality: "TEXT", tokenCount: ask.promptTokens - image };
  return image === 0 ? [text] : [text, { modality: "IMAGE", tokenCount: image }];
}

/** The counts of one moment: thoughts stand apart from the candidates, cached tokens are part of the prompt, none is absent. */
export function usageBody(ask: Ask, { tokens, thoughts }: Made) {
  const cached = cachedTokens(ask);
  const candidates = tokens - thoughts;
  return {
    promptTokenCount: ask.promptTokens,
    ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
    ...(candidates === 0 ? {} : { candidatesTokenCount: candidates }),
    totalTokenCount: ask.promptTokens + tokens,
    promptTokensDetails: modalities(ask),
    ...(cached === 0 ? {} : { cacheTokensDetails: [{ modality: "TEXT", tokenCount: cached }] }),
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
    serviceTier: "standard",
  };
}

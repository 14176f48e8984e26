import type { ChatRequest } from "@sluice/proto/chat/v1/chat";

export interface OutputBoundInput {
  readonly chat: ChatRequest;
  /** The model's own limit in tokens; 0 if unknown. */
  readonly modelLimit: number;
  readonly reasoning: boolean;
  readonly defaultTokens: number;
  readonly defaultTokensReasoning: number;
}

export interface OutputBound {
  /** Tokens the answer may have at most; injected upstream. */
  readonly tokens: number;
  /** True if the caller asked for exactly this bound, so that no header needs to tell it. */
  readonly asked: boolean;
  /** What bounds it: the caller's wish, the model's own limit, or the default. */
  readonly by: "asked" | "model" | "default";
}

/** The smallest of the model's limit and the caller's, or the route's default if the caller gave none. */
export function boundOutput(input: OutputBoundInput): OutputBound {
  const { chat, modelLimit } = input;
  const asked = chat.maxOutputTokens === undefined ? undefined : Number(chat.maxOutputTokens);
  const wanted = asked ?? (input.reasoning ? input.defaultTokensReasoning : input.defaultTokens);
  const tokens = modelLimit > 0 ? Math.min(wanted, modelLimit) : wanted;
  const by = tokens === asked ? "asked" : tokens < wanted ? "model" : "default";
  return { tokens, asked: tokens === asked, by };
}

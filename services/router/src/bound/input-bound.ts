import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { InputBound } from "@sluice/proto/provider/v1/provider_service";
import { type Prompt, readPrompt } from "./prompt.ts";

/** Tokens the prompt can cost at most; `unbounded` names what no rule of the model bounds. */
export interface BoundedInput {
  readonly tokens: number;
  readonly unbounded: readonly string[];
}

/** The rule of a model nothing is known of. */
export const NO_RULE: InputBound = {
  baseTokens: 0,
  perMessageTokens: 0,
  perImageTokens: 0,
  toolsTokens: 0,
  schemaTokens: 0,
  perCallTokens: 0,
  tokenizer: undefined,
};

/**
 * Bounds the prompt's tokens from above: every token of a byte-level vocabulary stands for at least one byte, so the UTF-8 bytes of
 * every text, plus what the model's template adds, is a guarantee. Images count as the model's rule says, or are named as unbounded.
 */
export function boundInput(chat: ChatRequest, rule: InputBound): BoundedInput {
  const prompt = readPrompt(chat);
  return { tokens: prompt.bytes + besideText(prompt, rule), unbounded: unboundedIn(prompt, rule) };
}

/** Most tokens of everything that is not text: the template, images, other media. */
export function besideText(prompt: Prompt, rule: InputBound): number {
  const template = rule.baseTokens + rule.perMessageTokens * (prompt.messages + prompt.tools);
  const tools = (prompt.tools > 0 ? rule.toolsTokens : 0) + prompt.calls * rule.perCallTokens;
  const schema = prompt.schema ? rule.schemaTokens : 0;
  return template + tools + schema + prompt.images * rule.perImageTokens + prompt.opaqueBytes;
}

/** What neither the request nor the model's rule bounds. */
export function unboundedIn(prompt: Prompt, rule: InputBound): readonly string[] {
  if (prompt.images === 0 || rule.perImageTokens > 0) return prompt.unbounded;
  return ["image", ...prompt.unbounded];
}

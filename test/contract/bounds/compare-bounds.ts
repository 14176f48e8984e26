import { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { inputBoundOf } from "../../../services/provider-adapter/src/providers/tokenizers.ts";
import type { PromptBounds } from "../../../services/router/src/bound/prompt-bounds.ts";

/** A text, its kind, and its tokens as another counts them. */
export interface CountedText {
  readonly kind: string;
  readonly text: string;
  readonly tokens: number;
}

/** How bounds compare with what texts really take. */
export interface Comparison {
  readonly texts: number;
  /** Kind, truth and bound of each text that has more tokens than its bound. */
  readonly misses: readonly string[];
  /** Bound over truth at the median, of texts over 200 tokens. */
  readonly median: number;
}

const SHORT = 200;

/** Bounds texts, each a prompt of one message, for a model, and compares; nothing is learnt on the way. */
export async function compareBounds(
  bounds: PromptBounds,
  {
    model,
    texts,
    template,
  }: { readonly model: string; readonly texts: readonly CountedText[]; readonly template: number },
): Promise<Comparison> {
  const candidate = CatalogModel.fromPartial({ provider: "a", model, inputBound: inputBoundOf(model) });
  await bounds.ready(candidate);
  const misses: string[] = [];
  const excess: number[] = [];
  for (const { kind, text, tokens } of texts) {
    const chat = ChatRequest.fromPartial({ messages: [{ parts: [{ kind: { $case: "text", value: text } }] }] });
    const said = await bounds.bound(chat, candidate);
    const really = tokens + template;
    if (said.tokens < really) misses.push(`${kind}: ${really} tokens, bound ${said.tokens}`);
    if (really > SHORT) excess.push(said.tokens / really);
  }
  excess.sort((a, b) => a - b);
  return { texts: texts.length, misses, median: excess[excess.length >> 1] ?? 0 };
}

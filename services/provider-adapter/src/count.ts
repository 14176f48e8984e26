import type { ChatChunk, ChatRequest, Part } from "@sluice/proto/chat/v1/chat";
import { Usage } from "@sluice/proto/common/v1/usage";
import { TextTokens, tokensOf } from "./text-tokens.ts";

/**
 * Counting where the provider reported nothing that can be believed. Output: a delta is at least one token, and the text has about as many
 * as `text-tokens.ts` says, so the larger of both is taken, plus what a tool call's frame takes: never below what was delivered.
 * Input: the text's tokens, some for each message's frame and a flat amount for each picture, clip or file, but at most what the hold covers.
 * Audio answers count by their transcript and deltas only.
 */
const TOKENS_PER_MESSAGE = 4;
const TOKENS_PER_MEDIA = 1_000;
/** What a call takes beside its name and arguments; providers differ from nothing to thirty tokens. */
const TOKENS_PER_CALL = 16;
/** Tokenizers differ, but none makes this many times fewer tokens of a text than we count. */
const FLOOR_SHARE = 6;
/** One delta in so many may be no token: some servers cut a token's characters apart. */
const SPLIT_SHARE = 8;

/** What of an answer has been delivered. */
export class Delivered {
  /** Chunks of content. */
  deltas = 0;
  readonly #said = new TextTokens();
  /** Apart from the rest: some providers deliver it as a summary that is longer than what they bill. */
  readonly #reasoned = new TextTokens();
  /** Deltas that brought characters. */
  #filled = 0;
  #calls = 0;
  #choice = 0;
  #kind = "";

  /** Takes a chunk; true if it is content (not a start, an end or figures). */
  add(chunk: ChatChunk): boolean {
    const event = chunk.event;
    // Fields without a place of their own are content, but mostly what a search found or who was quoted, not the model's words.
    if (event === undefined) return this.#count();
    if (chunk.choice !== this.#choice || event.$case !== this.#kind) {
      this.#choice = chunk.choice;
      this.#kind = event.$case;
      this.#said.pause();
      this.#reasoned.pause();
    }
    switch (event.$case) {
      case "text":
      case "refusal":
        return this.#text(this.#said, event.value);
      case "reasoning":
        return this.#text(this.#reasoned, event.value.text);
      case "toolCall":
        if (event.value.name !== "") this.#calls += 1;
        return this.#text(this.#said, event.value.name + event.value.argumentsJson);
      case "audio":
        return this.#text(this.#said, event.value.transcript);
      default:
        return false;
    }
  }

  /** Output tokens, from below by what was delivered. */
  get tokens(): bigint {
    const text = this.#said.tokens + this.#reasoned.tokens;
    return BigInt(Math.max(this.deltas, text + this.#calls * TOKENS_PER_CALL));
  }

  /** The fewest output tokens that a provider's own count of this answer can honestly have; at least one if anything was delivered. */
  get floor(): bigint {
    if (this.#filled === 0) return 0n;
    const byDeltas = this.#filled - this.#calls - Math.ceil(this.#filled / SPLIT_SHARE);
    return BigInt(Math.max(1, byDeltas, Math.floor(this.#said.tokens / FLOOR_SHARE)));
  }

  #text(count: TextTokens, text: string): boolean {
    if (text !== "") {
      this.#filled += 1;
      count.add(text);
    }
    return this.#count();
  }

  #count(): boolean {
    this.deltas += 1;
    return true;
  }
}

interface Size {
  readonly tokens: number;
  readonly media: number;
}

function partSize(part: Part): Size {
  const kind = part.kind;
  switch (kind?.$case) {
    case "text":
    case "refusal":
    case "unknownJson":
      return { tokens: tokensOf(kind.value), media: 0 };
    case "reasoning":
      return { tokens: tokensOf(kind.value.text), media: 0 };
    case "toolCall":
      return { tokens: tokensOf(kind.value.name + kind.value.argumentsJson) + TOKENS_PER_CALL, media: 0 };
    case "toolResult":
      return kind.value.parts
        .map(partSize)
        .reduce((sum, one) => ({ tokens: sum.tokens + one.tokens, media: sum.media + one.media }), {
          tokens: 0,
          media: 0,
        });
    case "image":
    case "audio":
    case "file":
      return { tokens: 0, media: 1 };
    default:
      return { tokens: 0, media: 0 };
  }
}

/** Input tokens by estimate, at most `bound` (what the hold covers; 0 means no bound is known). */
export function estimateInput(request: ChatRequest, bound: bigint): bigint {
  let tokens = request.messages.length * TOKENS_PER_MESSAGE;
  for (const part of request.messages.flatMap((message) => message.parts)) {
    const size = partSize(part);
    tokens += size.tokens + size.media * TOKENS_PER_MEDIA;
  }
  for (const tool of request.tools) tokens += tokensOf(tool.name + tool.description + tool.parametersJson);
  if (request.responseFormat !== undefined) tokens += tokensOf(request.responseFormat.schemaJson);
  return bound > 0n && BigInt(tokens) > bound ? bound : BigInt(tokens);
}

/** Usage by our own count: the prompt by estimate, the answer by what was delivered. */
export function countUsage(request: ChatRequest, bound: bigint, delivered: Delivered): Usage {
  return Usage.create({ inputTokens: estimateInput(request, bound), outputTokens: delivered.tokens });
}

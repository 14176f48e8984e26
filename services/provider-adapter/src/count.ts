import type { ChatChunk, ChatRequest, Part } from "@sluice/proto/chat/v1/chat";
import { Usage } from "@sluice/proto/common/v1/usage";

/**
 * Counting where the provider reported nothing. Output: a delta is at least one token, and three bytes of text are
 * at most one token in the tokenizers in use, so the larger of the number of deltas and a third of the bytes is taken:
 * never below what was delivered as deltas, and above the true count for ordinary text. Input: a third of the text's
 * bytes, four tokens for each message's frame and a flat amount for each picture, clip or file, but at most what the
 * hold covers. Audio answers count by their transcript and deltas only.
 */
const BYTES_PER_TOKEN = 3;
const TOKENS_PER_MESSAGE = 4;
const TOKENS_PER_MEDIA = 1_000;

/** What of an answer has been delivered. */
export class Delivered {
  deltas = 0;
  bytes = 0;

  /** Takes a chunk; true if it is content (not a start, an end or figures). */
  add(chunk: ChatChunk): boolean {
    const event = chunk.event;
    if (event === undefined) return this.#text(chunk.extraJson);
    switch (event.$case) {
      case "text":
      case "refusal":
        return this.#text(event.value);
      case "reasoning":
        return this.#text(event.value.text);
      case "toolCall":
        return this.#text(event.value.name + event.value.argumentsJson);
      case "audio":
        return this.#text(event.value.transcript);
      default:
        return false;
    }
  }

  /** Output tokens, from below by what was delivered. */
  get tokens(): bigint {
    return BigInt(Math.max(this.deltas, Math.ceil(this.bytes / BYTES_PER_TOKEN)));
  }

  #text(text: string): boolean {
    this.deltas += 1;
    this.bytes += Buffer.byteLength(text);
    return true;
  }
}

function partSize(part: Part): { bytes: number; media: number } {
  const kind = part.kind;
  switch (kind?.$case) {
    case "text":
    case "refusal":
    case "unknownJson":
      return { bytes: Buffer.byteLength(kind.value), media: 0 };
    case "reasoning":
      return { bytes: Buffer.byteLength(kind.value.text), media: 0 };
    case "toolCall":
      return { bytes: Buffer.byteLength(kind.value.name + kind.value.argumentsJson), media: 0 };
    case "toolResult":
      return kind.value.parts
        .map(partSize)
        .reduce((sum, one) => ({ bytes: sum.bytes + one.bytes, media: sum.media + one.media }), {
          bytes: 0,
          media: 0,
        });
    case "image":
    case "audio":
    case "file":
      return { bytes: 0, media: 1 };
    default:
      return { bytes: 0, media: 0 };
  }
}

/** Input tokens by estimate, at most `bound` (what the hold covers; 0 means no bound is known). */
export function estimateInput(request: ChatRequest, bound: bigint): bigint {
  let bytes = 0;
  let media = 0;
  for (const part of request.messages.flatMap((message) => message.parts)) {
    const size = partSize(part);
    bytes += size.bytes;
    media += size.media;
  }
  for (const tool of request.tools) bytes += Buffer.byteLength(tool.name + tool.description + tool.parametersJson);
  if (request.responseFormat !== undefined) bytes += Buffer.byteLength(request.responseFormat.schemaJson);
  const tokens =
    Math.ceil(bytes / BYTES_PER_TOKEN) + request.messages.length * TOKENS_PER_MESSAGE + media * TOKENS_PER_MEDIA;
  return bound > 0n && BigInt(tokens) > bound ? bound : BigInt(tokens);
}

/** Usage by our own count: the prompt by estimate, the answer by what was delivered. */
export function countUsage(request: ChatRequest, bound: bigint, delivered: Delivered): Usage {
  return Usage.create({ inputTokens: estimateInput(request, bound), outputTokens: delivered.tokens });
}

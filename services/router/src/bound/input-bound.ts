import type { ChatRequest, Media, Message, Part } from "@sluice/proto/chat/v1/chat";
import type { InputBound } from "@sluice/proto/provider/v1/provider_service";

/** Tokens the prompt can cost at most; `unbounded` names what no rule of the model bounds. */
export interface BoundedInput {
  readonly tokens: number;
  readonly unbounded: readonly string[];
}

/**
 * Bounds the prompt's tokens from above: every token of a byte-level vocabulary stands for at least one byte, so the UTF-8 bytes of
 * every text, plus what the model's template adds, is a guarantee. Media count as the model's rule says, or are named as unbounded.
 */
export function boundInput(chat: ChatRequest, rule: InputBound): BoundedInput {
  const unbounded = new Set<string>();
  // Fields nobody here knows may end up in the prompt too (the older "functions", for one).
  let tokens = rule.baseTokens + bytes(chat.extraJson);
  for (const message of chat.messages) {
    tokens += rule.perMessageTokens + bytes(message.name) + bytes(message.extraJson);
    tokens += boundParts(message, rule, unbounded);
  }
  for (const tool of chat.tools) {
    tokens +=
      rule.perMessageTokens +
      bytes(tool.name) +
      bytes(tool.description) +
      bytes(tool.parametersJson) +
      bytes(tool.extraJson);
  }
  const format = chat.responseFormat;
  if (format !== undefined) tokens += bytes(format.schemaJson) + bytes(format.name) + bytes(format.description);
  return { tokens, unbounded: [...unbounded] };
}

function boundParts(message: Message, rule: InputBound, unbounded: Set<string>): number {
  let tokens = 0;
  for (const part of message.parts) tokens += boundPart(part, rule, unbounded) + bytes(part.extraJson);
  return tokens;
}

function boundPart(part: Part, rule: InputBound, unbounded: Set<string>): number {
  const kind = part.kind;
  switch (kind?.$case) {
    case "text":
    case "refusal":
    case "unknownJson":
      return bytes(kind.value);
    case "reasoning":
      return bytes(kind.value.text) + bytes(kind.value.signature);
    case "toolCall":
      return bytes(kind.value.name) + bytes(kind.value.argumentsJson) + bytes(kind.value.id);
    case "toolResult": {
      let tokens = bytes(kind.value.toolCallId);
      for (const inner of kind.value.parts) tokens += boundPart(inner, rule, unbounded);
      return tokens;
    }
    case "image":
      if (rule.perImageTokens === 0) unbounded.add("image");
      return rule.perImageTokens;
    case "audio":
      return inlineBytes(kind.value.media, "audio", unbounded);
    case "file":
      return inlineBytes(kind.value.media, "file", unbounded);
    default:
      return 0;
  }
}

/** Inline media cannot cost more tokens than bytes; a reference to something elsewhere can cost anything. */
function inlineBytes(media: Media | undefined, name: string, unbounded: Set<string>): number {
  if (media?.source?.$case === "data") return media.source.value.length;
  unbounded.add(name);
  return 0;
}

function bytes(text: string): number {
  return text === "" ? 0 : Buffer.byteLength(text, "utf8");
}

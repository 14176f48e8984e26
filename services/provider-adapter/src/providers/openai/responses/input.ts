import {
  type Media,
  type Message,
  type Part,
  type ReasoningPart,
  Role,
  type ToolResult,
} from "@sluice/proto/chat/v1/chat";
import type { Warnings } from "../warnings.ts";

type Item = Record<string, unknown>;

interface InputContext {
  /** Thinking goes back to the provider that signed it, and to no other. */
  readonly provider: string;
  readonly warnings: Warnings;
}

const ROLES: Readonly<Partial<Record<Role, string>>> = {
  [Role.ROLE_SYSTEM]: "system",
  [Role.ROLE_DEVELOPER]: "developer",
};

function dataUrl(data: Uint8Array, type: string): string {
  return `data:${type};base64,${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`;
}

function image(media: Media | undefined, detail: string): Item | undefined {
  const source = media?.source;
  const more = detail === "" ? {} : { detail };
  switch (source?.$case) {
    case "url":
      return { type: "input_image", image_url: source.value, ...more };
    case "data":
      return { type: "input_image", image_url: dataUrl(source.value, media?.mimeType || "image/png"), ...more };
    case "fileId":
      return { type: "input_image", file_id: source.value, ...more };
    default:
      return undefined;
  }
}

function file(media: Media | undefined): Item | undefined {
  const source = media?.source;
  switch (source?.$case) {
    case "url":
      return { type: "input_file", file_url: source.value };
    case "data":
      return {
        type: "input_file",
        filename: media?.name || "document.pdf",
        file_data: dataUrl(source.value, media?.mimeType || "application/pdf"),
      };
    case "fileId":
      return { type: "input_file", file_id: source.value };
    default:
      return undefined;
  }
}

/** A part as the model is to read it; undefined if it is none of that kind. */
function inputPart(part: Part, { warnings }: InputContext): Item | undefined {
  if (part.cacheControl !== undefined) warnings.dropped("cache_control");
  if (part.extraJson !== "") warnings.dropped("An unknown field of a content part");
  const { kind } = part;
  switch (kind?.$case) {
    case "text":
    case "refusal":
      return { type: "input_text", text: kind.value };
    case "image":
      return image(kind.value.media, kind.value.detail);
    case "file":
      return file(kind.value.media);
    case "audio":
      warnings.dropped("Audio");
      return undefined;
    case "unknownJson":
      warnings.dropped("A content part of another dialect");
      return undefined;
    default:
      return undefined;
  }
}

const inputParts = (parts: readonly Part[], context: InputContext): Item[] =>
  parts.map((part) => inputPart(part, context)).filter((part) => part !== undefined);

function resultItem(result: ToolResult, context: InputContext): Item {
  const [first, ...more] = result.parts;
  const plain = more.length === 0 && first?.kind?.$case === "text" ? first.kind.value : undefined;
  const output = plain ?? (result.parts.length === 0 ? "" : inputParts(result.parts, context));
  return { type: "function_call_output", call_id: result.toolCallId, output };
}

function reasoningItem(part: ReasoningPart, { provider, warnings }: InputContext): Item | undefined {
  if (part.signature === "" || part.provider !== provider) {
    warnings.dropped("Reasoning without this provider's signature");
    return undefined;
  }
  const summary = part.text === "" ? [] : [{ type: "summary_text", text: part.text }];
  return { type: "reasoning", ...(part.id !== "" && { id: part.id }), summary, encrypted_content: part.signature };
}

/** A turn of the model, as the items it was made of, in their order. */
function answerItems(message: Message, context: InputContext): Item[] {
  return message.parts.flatMap((part): Item[] => {
    const { kind } = part;
    switch (kind?.$case) {
      case "text":
        return [{ type: "message", role: "assistant", content: [{ type: "output_text", text: kind.value }] }];
      case "refusal":
        return [{ type: "message", role: "assistant", content: [{ type: "refusal", refusal: kind.value }] }];
      case "toolCall": {
        const { id, name, argumentsJson } = kind.value;
        return [{ type: "function_call", call_id: id, name, arguments: argumentsJson || "{}" }];
      }
      case "reasoning": {
        const item = reasoningItem(kind.value, context);
        return item === undefined ? [] : [item];
      }
      default:
        context.warnings.dropped("Anything but text in an answer");
        return [];
    }
  });
}

function mapMessage(message: Message, context: InputContext): Item[] {
  if (message.name !== "") context.warnings.dropped("The name of a participant");
  if (message.role === Role.ROLE_ASSISTANT) return answerItems(message, context);
  const results = message.parts.flatMap(({ kind }) =>
    kind?.$case === "toolResult" ? [resultItem(kind.value, context)] : [],
  );
  const content = inputParts(message.parts, context);
  if (content.length === 0) return results;
  return [...results, { type: "message", role: ROLES[message.role] ?? "user", content }];
}

/** A conversation as the list of items OpenAI's Responses takes. */
export function mapInput(messages: readonly Message[], context: InputContext): Item[] {
  return messages.flatMap((message) => mapMessage(message, context));
}

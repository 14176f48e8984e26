import type { ChatRequest, Part } from "@sluice/proto/chat/v1/chat";

/** What the request needs that a model with these capabilities does not have; undefined if it has all. */
export function missingCapability(chat: ChatRequest, capabilities: readonly string[]): string | undefined {
  if (chat.tools.length > 0 && !capabilities.includes("tools")) return "tools";
  if (!capabilities.includes("vision") && chat.messages.some(({ parts }) => parts.some(isImage))) return "images";
  return undefined;
}

function isImage(part: Part): boolean {
  if (part.kind?.$case === "toolResult") return part.kind.value.parts.some(isImage);
  return part.kind?.$case === "image";
}

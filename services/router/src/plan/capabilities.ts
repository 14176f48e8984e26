import { ABILITIES } from "@sluice/platform/tasks";
import type { ChatRequest, Part } from "@sluice/proto/chat/v1/chat";

/** What the request needs that a model with these capabilities does not have; undefined if it has all. */
export function missingCapability(chat: ChatRequest, capabilities: readonly string[]): string | undefined {
  if (chat.tools.length > 0 && !capabilities.includes("tools")) return "tools";
  if (!capabilities.includes("vision") && chat.messages.some(({ parts }) => parts.some(isImage))) return "images";
  return undefined;
}

const BESIDE_CHAT: ReadonlySet<string> = new Set(Object.values(ABILITIES));

/** True if a model has a capability; without any of those beside chat it chats, whatever else it can do. */
export function hasAbility(capabilities: readonly string[], ability: string): boolean {
  if (capabilities.includes(ability)) return true;
  return ability === "chat" && !capabilities.some((name) => BESIDE_CHAT.has(name));
}

function isImage(part: Part): boolean {
  if (part.kind?.$case === "toolResult") return part.kind.value.parts.some(isImage);
  return part.kind?.$case === "image";
}

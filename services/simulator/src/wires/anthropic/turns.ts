import type { Refusal } from "../../serve/wire.ts";
import { isBody } from "../values.ts";
import { invalid } from "./errors.ts";
import type { Block, Turn } from "./options.ts";

const BLOCK_TYPES = new Set([
  "text",
  "image",
  "document",
  "search_result",
  "thinking",
  "redacted_thinking",
  "tool_use",
  "tool_result",
  "server_tool_use",
  "web_search_tool_result",
  "web_fetch_tool_result",
  "code_execution_tool_result",
  "container_upload",
]);

/** Reads `messages` into turns of alternating roles. */
export function readTurns(messages: unknown): Turn[] | Refusal {
  if (messages === undefined) return invalid("messages: Field required");
  if (!Array.isArray(messages)) return invalid("messages: Input should be a valid list");
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages.${index}`;
    if (!isBody(message)) return invalid(`${at}: Input does not match the expected shape.`);
    const { role, content } = message;
    if (role === "system") {
      const instead = 'The Messages API accepts a top-level `system` parameter, not "system" as an input message role.';
      return invalid(`messages: Unexpected role "system". ${instead}`);
    }
    if (role !== "user" && role !== "assistant") return invalid(`${at}.role: Input should be 'user' or 'assistant'`);
    const blocks = readBlocks(content, at, role === "assistant" && index === messages.length - 1);
    if (!Array.isArray(blocks)) return blocks;
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, at, blocks });
  }
  if (turns.length === 0) return invalid("messages: at least one message is required");
  if (turns[0]?.role !== "user") return invalid('messages: first message must use the "user" role');
  return turns;
}

function readBlocks(content: unknown, at: string, mayBeEmpty: boolean): Block[] | Refusal {
  if (typeof content === "string") {
    if (content === "" && !mayBeEmpty) return invalid(`${at}: user messages must have non-empty content`);
    return content === "" ? [] : [{ block: { type: "text", text: content }, type: "text", at: `${at}.content.0` }];
  }
  if (!Array.isArray(content)) {
    return invalid(`${at}.content: ${content === undefined ? "Field required" : "Input should be a valid list"}`);
  }
  if (content.length === 0 && !mayBeEmpty) return invalid(`${at}: all messages must have non-empty content`);
  const blocks: Block[] = [];
  for (const [index, block] of content.entries()) {
    const place = `${at}.content.${index}`;
    const type = isBody(block) ? block["type"] : undefined;
    if (!isBody(block) || typeof type !== "string") return invalid(`${place}.type: Field required`);
    if (!BLOCK_TYPES.has(type)) {
      return invalid(
        `${place}: Input tag '${type.slice(0, 64)}' found using 'type' does not match any of the expected tags`,
      );
    }
    blocks.push({ block, type, at: place });
  }
  return blocks;
}

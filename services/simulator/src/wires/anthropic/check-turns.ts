import type { Refusal } from "../../serve/wire.ts";
import { isSealed, isSigned } from "../signature.ts";
import { isBody } from "../values.ts";
import { invalid } from "./errors.ts";
import type { Block, Turn } from "./options.ts";

export const THINKING = "anthropic-thinking";
export const REDACTED = "anthropic-redacted";

const TOOL_ID = /^[a-zA-Z0-9_-]+$/;
const THOUGHTS = new Set(["thinking", "redacted_thinking"]);

/** What the provider refuses in a conversation: empty texts, changed thinking, tool calls without results and the reverse. */
export function checkTurns(turns: readonly Turn[]): Refusal | undefined {
  for (const [index, turn] of turns.entries()) {
    for (const block of turn.blocks) {
      const wrong = checkBlock(block);
      if (wrong !== undefined) return wrong;
    }
    const wrong =
      checkThoughtsFirst(turn) ?? checkResults(turn, turns[index - 1]) ?? checkCalls(turn, turns[index + 1]);
    if (wrong !== undefined) return wrong;
  }
  const last = turns.at(-1);
  const text = last?.role === "assistant" ? last.blocks.at(-1)?.block["text"] : undefined;
  if (typeof text === "string" && text !== text.trimEnd()) {
    return invalid("messages: final assistant content cannot end with trailing whitespace");
  }
  return undefined;
}

function checkBlock({ block, type, at }: Block): Refusal | undefined {
  switch (type) {
    case "text":
      if (typeof block["text"] !== "string") return invalid(`${at}.text.text: Input should be a valid string`);
      if (block["text"] === "") return invalid("messages: text content blocks must be non-empty");
      if (block["text"].trim() === "") return invalid("messages: text content blocks must contain non-whitespace text");
      return undefined;
    case "thinking":
      if (isSigned(THINKING, String(block["thinking"]), block["signature"])) return undefined;
      return invalid(`${at}: Invalid \`signature\` in \`thinking\` block`);
    case "redacted_thinking":
      return isSealed(REDACTED, block["data"])
        ? undefined
        : invalid(`${at}: Invalid \`data\` in \`redacted_thinking\` block`);
    case "tool_use":
      if (typeof block["id"] !== "string" || !TOOL_ID.test(block["id"])) {
        return invalid(`${at}.tool_use.id: String should match pattern '${TOOL_ID.source}'`);
      }
      if (typeof block["name"] !== "string") return invalid(`${at}.tool_use.name: Field required`);
      return isBody(block["input"]) ? undefined : invalid(`${at}.tool_use.input: Input should be a valid dictionary`);
    case "tool_result":
      return typeof block["tool_use_id"] === "string"
        ? undefined
        : invalid(`${at}.tool_result.tool_use_id: Field required`);
    default:
      return undefined;
  }
}

function checkThoughtsFirst({ role, at, blocks }: Turn): Refusal | undefined {
  const first = blocks[0];
  if (role !== "assistant" || first === undefined || THOUGHTS.has(first.type)) return undefined;
  if (!blocks.some(({ type }) => THOUGHTS.has(type))) return undefined;
  const rule =
    "If an assistant message contains any thinking blocks, the first block must be `thinking` or `redacted_thinking`.";
  return invalid(`${at}.content.0.type: ${rule} Found \`${first.type}\`.`);
}

function idsOf(turn: Turn | undefined, type: string, field: string): string[] {
  return (turn?.blocks ?? []).flatMap((one) => (one.type === type ? [String(one.block[field])] : []));
}

function checkResults(turn: Turn, before: Turn | undefined): Refusal | undefined {
  const called = new Set(idsOf(before, "tool_use", "id"));
  const stray = turn.blocks.find(
    ({ type, block }) => type === "tool_result" && !called.has(String(block["tool_use_id"])),
  );
  if (stray === undefined) return undefined;
  const found = `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(stray.block["tool_use_id"])}.`;
  const rule = "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.";
  return invalid(`${stray.at}: ${found} ${rule}`);
}

/** All results of a turn's calls stand together at the start of the next turn. */
function checkCalls(turn: Turn, next: Turn | undefined): Refusal | undefined {
  const called = idsOf(turn, "tool_use", "id");
  if (called.length === 0 || next === undefined) return undefined;
  const end = next.blocks.findIndex(({ type }) => type !== "tool_result");
  const leading = { ...next, blocks: end < 0 ? next.blocks : next.blocks.slice(0, end) };
  const answered = new Set(idsOf(leading, "tool_result", "tool_use_id"));
  const open = called.filter((id) => !answered.has(id));
  if (open.length === 0) return undefined;
  const found = `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}.`;
  const rule = "Each `tool_use` block must have a corresponding `tool_result` block in the next message.";
  return invalid(`${turn.at}: ${found} ${rule}`);
}

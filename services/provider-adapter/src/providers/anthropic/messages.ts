import {
  type Message,
  type Part,
  type ReasoningPart,
  Role,
  type ToolCall,
  type ToolResult,
} from "@sluice/proto/chat/v1/chat";
import { isObject } from "../openai/wire.ts";
import { calledName } from "../tool-names.ts";
import { type Block, mapPart, mapParts, type PartContext, withRest } from "./parts.ts";

/** A conversation in this wire's form. */
export interface Conversation {
  readonly system: Block[];
  readonly messages: Record<string, unknown>[];
}

/** One turn: blocks that must stand first, and the rest. */
interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly first: Block[];
  readonly rest: Block[];
}

/** Stands where the wire wants words of the user and there are none. */
const NO_WORDS = ".";

/** Thinking goes back byte for byte, and only to the provider that signed it. */
function thought(reasoning: ReasoningPart, context: PartContext): Block | undefined {
  const { provider, signature, redacted, text } = reasoning;
  const ours = provider === context.provider || (provider === "" && context.passUnknown);
  if (!ours) {
    context.warnings.dropped("Reasoning of another provider");
    return undefined;
  }
  if (signature === "") {
    context.warnings.dropped("Reasoning without a signature");
    return undefined;
  }
  return redacted ? { type: "redacted_thinking", data: signature } : { type: "thinking", thinking: text, signature };
}

/** A call's arguments as the object they must be; what is none is wrapped, so that the model sees what it wrote. */
function inputOf(call: ToolCall): unknown {
  if (call.argumentsJson.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(call.argumentsJson);
    if (isObject(value)) return value;
  } catch {
    // A model wrote it, so the request as a whole is not at fault.
  }
  return { INVALID_JSON: call.argumentsJson };
}

const NAME_MAX = 128;

function toolUse(call: ToolCall, context: PartContext): Block {
  const name = calledName(call.name, /[^a-zA-Z0-9_-]/g, NAME_MAX);
  return { type: "tool_use", id: context.ids.ofCall(call.id, call.name), name, input: inputOf(call) };
}

function resultContent(parts: readonly Part[], context: PartContext): unknown {
  const only = parts.length === 1 ? parts[0] : undefined;
  const plain = only?.kind?.$case === "text" && only.extraJson === "" && only.cacheControl === undefined;
  if (plain && only?.kind?.$case === "text") return only.kind.value;
  return mapParts(parts, context);
}

function toolResult(result: ToolResult, context: PartContext): Block {
  const content = resultContent(result.parts, context);
  const empty =
    (typeof content === "string" && content.trim() === "") || (Array.isArray(content) && content.length === 0);
  return {
    type: "tool_result",
    tool_use_id: context.ids.ofResult(result.toolCallId, result.name),
    ...(!empty && { content }),
    ...(result.isError && { is_error: true }),
  };
}

/** The block if it is text: an answer or an instruction can show nothing. */
function words(block: Block | undefined, where: string, context: PartContext): Block | undefined {
  if (block === undefined || block["type"] === "text" || context.passUnknown) return block;
  context.warnings.dropped(`Anything but text in ${where}`);
  return undefined;
}

function place(part: Part, into: Turn, context: PartContext): void {
  const { kind } = part;
  if (kind?.$case === "toolResult") {
    into.first.push(withRest(toolResult(kind.value, context), part, context));
  } else if (kind?.$case === "toolCall") {
    into.rest.push(withRest(toolUse(kind.value, context), part, context));
  } else if (kind?.$case === "reasoning") {
    const block = thought(kind.value, context);
    // In this very dialect the order of thinking and calls is the provider's own and must stay.
    if (block !== undefined) (context.passUnknown ? into.rest : into.first).push(block);
  } else {
    const block =
      into.role === "assistant" ? words(mapPart(part, context), "an answer", context) : mapPart(part, context);
    if (block !== undefined) into.rest.push(block);
  }
}

function turnOf(message: Message, context: PartContext): Turn {
  const role = message.role === Role.ROLE_ASSISTANT ? "assistant" : "user";
  const turn: Turn = { role, first: [], rest: [] };
  for (const part of message.parts) place(part, turn, context);
  if (message.name !== "") context.warnings.dropped("The name of a participant");
  if (message.extraJson !== "") context.warnings.dropped("An unknown field of a message");
  return turn;
}

function addTurn(turn: Turn, turns: Turn[]): void {
  if (turn.first.length + turn.rest.length === 0) return;
  const last = turns.at(-1);
  if (last === undefined || last.role !== turn.role || turn.role === "system") {
    turns.push(turn);
    return;
  }
  last.first.push(...turn.first);
  last.rest.push(...turn.rest);
}

function addSystem(message: Message, system: Block[], turns: Turn[], context: PartContext): void {
  const blocks = mapParts(message.parts, context).filter((block) => words(block, "an instruction", context));
  if (turns.length === 0) {
    system.push(...blocks);
  } else if (context.passUnknown) {
    addTurn({ role: "system", first: [], rest: blocks }, turns);
  } else {
    context.warnings.say("A later system message was moved to the front.");
    system.push(...blocks);
  }
}

/** The last words of an answer to be continued may not end in white space. */
function trimEnd(turn: Turn | undefined): void {
  const last = turn?.role === "assistant" ? turn.rest.at(-1) : undefined;
  if (last !== undefined && typeof last["text"] === "string") last["text"] = last["text"].trimEnd();
}

function beginWithUser(turns: Turn[], context: PartContext): void {
  if (turns[0]?.role === "user") return;
  turns.unshift({ role: "user", first: [], rest: [{ type: "text", text: NO_WORDS }] });
  context.warnings.say(`The conversation must begin with the user: "${NO_WORDS}" was put before it.`);
}

/**
 * The conversation: system messages apart, neighbours of one role merged, the user first; results of tools stand first in
 * their turn, thinking first in its own.
 */
export function mapConversation(messages: readonly Message[], base: Omit<PartContext, "at">): Conversation {
  const system: Block[] = [];
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const context = { ...base, at: `messages[${index}]` };
    const isSystem = message.role === Role.ROLE_SYSTEM || message.role === Role.ROLE_DEVELOPER;
    if (isSystem) addSystem(message, system, turns, context);
    else addTurn(turnOf(message, context), turns);
  }
  beginWithUser(turns, { ...base, at: "messages" });
  trimEnd(turns.at(-1));
  const wire = turns.map(({ role, first, rest }) => ({ role, content: [...first, ...rest] }));
  return { system, messages: wire.filter(({ content }) => content.length > 0) };
}

/** True if the conversation ends inside a tool loop whose calls no thinking of the provider precedes. */
export function loopWithoutThinking(conversation: Conversation): boolean {
  const lastAnswer = conversation.messages.findLast(({ role }) => role === "assistant");
  if (lastAnswer === undefined || !Array.isArray(lastAnswer["content"])) return false;
  const types = lastAnswer["content"].map((block) => (isObject(block) ? block["type"] : undefined));
  return types.includes("tool_use") && types[0] !== "thinking" && types[0] !== "redacted_thinking";
}

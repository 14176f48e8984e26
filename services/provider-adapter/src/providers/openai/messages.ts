import {
  type Message,
  type Part,
  type ReasoningPart,
  Role,
  type ToolCall,
  type ToolResult,
} from "@sluice/proto/chat/v1/chat";
import type { WireOptions } from "./options.ts";
import { mapPart, type PartContext, plainTextOf } from "./parts.ts";
import { writeDetails } from "./reasoning-details.ts";
import { parseExtra } from "./warnings.ts";

type WireMessage = Record<string, unknown>;

const ROLE_NAMES: Readonly<Record<number, string>> = {
  [Role.ROLE_SYSTEM]: "system",
  [Role.ROLE_DEVELOPER]: "developer",
  [Role.ROLE_USER]: "user",
  [Role.ROLE_ASSISTANT]: "assistant",
  [Role.ROLE_TOOL]: "tool",
};

function mapToolCall(call: ToolCall, options: WireOptions): Record<string, unknown> {
  const id = options.toolCallId(call.id);
  if (call.type === "custom") return { id, type: "custom", custom: { name: call.name, input: call.argumentsJson } };
  // An empty text stands for no arguments, which is not JSON.
  return { id, type: "function", function: { name: call.name, arguments: call.argumentsJson || "{}" } };
}

function content(parts: readonly Part[], plain: boolean, context: PartContext): unknown {
  const text = plain ? plainTextOf(parts) : undefined;
  if (text !== undefined) return text;
  const wire: unknown[] = [];
  for (const part of parts) {
    const mapped = mapPart(part, context);
    if (mapped !== undefined) wire.push(mapped);
  }
  // A list of nothing is refused, a text of nothing is not.
  return wire.length === 0 ? "" : wire;
}

function toolMessage(result: ToolResult, plain: boolean, options: WireOptions, context: PartContext): WireMessage {
  if (result.isError) context.warnings.dropped("The error mark of a tool result");
  // The older kind of result pairs by name; only this dialect knows it.
  if (result.toolCallId === "" && context.passUnknown) {
    return { role: "function", name: result.name, content: plainTextOf(result.parts) ?? "" };
  }
  const allText = plain || plainTextOf(result.parts) !== undefined;
  const id = options.toolCallId(result.toolCallId);
  return { role: "tool", tool_call_id: id, content: content(result.parts, allText, context) };
}

/** Where each part of a message goes: OpenAI keeps content, tool calls, results and reasoning in different places. */
interface Sorted {
  readonly content: Part[];
  readonly toolCalls: ToolCall[];
  readonly results: ToolResult[];
  readonly reasoning: ReasoningPart[];
  refusal: string | undefined;
  audioId: string;
}

function sortParts(message: Message): Sorted {
  const sorted: Sorted = { content: [], toolCalls: [], results: [], reasoning: [], refusal: undefined, audioId: "" };
  for (const part of message.parts) {
    const kind = part.kind;
    if (kind?.$case === "toolCall") sorted.toolCalls.push(kind.value);
    else if (kind?.$case === "toolResult") sorted.results.push(kind.value);
    else if (kind?.$case === "reasoning") sorted.reasoning.push(kind.value);
    else if (kind?.$case === "refusal" && message.plainText) sorted.refusal = kind.value;
    else if (kind?.$case === "audio" && kind.value.previousAudioId !== "") sorted.audioId = kind.value.previousAudioId;
    else sorted.content.push(part);
  }
  return sorted;
}

/** Puts the reasoning where this provider takes it back. */
function addReasoning(wire: WireMessage, sorted: Sorted, options: WireOptions, context: PartContext): void {
  const back = options.reasoningBack;
  if (sorted.reasoning.length === 0) return;
  if (back === undefined) {
    context.warnings.dropped("Reasoning of earlier turns");
    return;
  }
  if (back.when === "tool_turns" && !context.toolTurn) return;
  const details = back.form === "details" ? writeDetails(sorted.reasoning, options.name) : [];
  const text = sorted.reasoning.map((part) => part.text).join("");
  if (details.length > 0) wire["reasoning_details"] = details;
  else if (text === "") context.warnings.dropped("Reasoning of another provider");
  else if (back.form === "thinking") {
    const given = wire["content"];
    const rest = typeof given === "string" && given !== "" ? [{ type: "text", text: given }] : given;
    wire["content"] = [{ type: "thinking", thinking: [{ type: "text", text }] }, ...(Array.isArray(rest) ? rest : [])];
  } else wire[back.form === "details" ? "reasoning" : back.form] = text;
}

function assistantFields(sorted: Sorted, message: Message, options: WireOptions, context: PartContext): WireMessage {
  const wire: WireMessage = { role: "assistant" };
  const { refusal } = sorted;
  const strict = options.only.message !== undefined;
  if (sorted.content.length > 0) wire["content"] = content(sorted.content, message.plainText, context);
  else if (refusal !== undefined && strict) wire["content"] = refusal;
  else if (sorted.toolCalls.length === 0 && sorted.audioId === "" && refusal === undefined) wire["content"] = "";
  else wire["content"] = null;
  if (refusal !== undefined && !strict) wire["refusal"] = refusal;
  if (sorted.toolCalls.length > 0) wire["tool_calls"] = sorted.toolCalls.map((call) => mapToolCall(call, options));
  if (sorted.audioId !== "") wire["audio"] = { id: sorted.audioId };
  addReasoning(wire, sorted, options, context);
  return wire;
}

function roleName(role: Role, options: WireOptions): string {
  if (role === Role.ROLE_DEVELOPER && !options.developerRole) return "system";
  return ROLE_NAMES[role] ?? "user";
}

function withRest(wire: WireMessage, message: Message, options: WireOptions, context: PartContext): WireMessage {
  const only = options.only.message;
  if (message.name !== "") {
    if (only === undefined || message.role === Role.ROLE_TOOL) wire["name"] = message.name;
    else context.warnings.dropped("The name of a message's author");
  }
  if (message.extraJson === "") return wire;
  const extra = context.passUnknown ? parseExtra(message.extraJson, context.at) : undefined;
  const kept = Object.entries(extra ?? {}).filter(([name]) => only === undefined || only.has(name));
  if (extra === undefined || kept.length < Object.keys(extra).length) {
    context.warnings.dropped("An unknown field of a message");
  }
  return { ...Object.fromEntries(kept), ...wire };
}

function mapMessage(message: Message, options: WireOptions, context: PartContext, into: WireMessage[]): void {
  const sorted = sortParts(message);
  for (const [index, result] of sorted.results.entries()) {
    const wire = toolMessage(result, message.plainText, options, context);
    const last = index === sorted.results.length - 1 && sorted.content.length === 0;
    into.push(last && message.role === Role.ROLE_TOOL ? withRest(wire, message, options, context) : wire);
  }
  if (sorted.results.length > 0 && sorted.content.length === 0) return;
  if (message.role === Role.ROLE_ASSISTANT) {
    into.push(withRest(assistantFields(sorted, message, options, context), message, options, context));
    return;
  }
  const wire = { role: roleName(message.role, options), content: content(sorted.content, message.plainText, context) };
  into.push(withRest(wire, message, options, context));
}

/** For each message, whether tools were called between the user's words before it and those after it. */
function toolTurns(messages: readonly Message[]): readonly boolean[] {
  const marks: boolean[] = [];
  let from = 0;
  const close = (to: number): void => {
    const called = messages.slice(from, to).some(({ parts }) => parts.some(({ kind }) => kind?.$case === "toolCall"));
    while (marks.length < to) marks.push(called);
    from = to;
  };
  for (const [index, { role, parts }] of messages.entries()) {
    if (role === Role.ROLE_USER && parts.some(({ kind }) => kind?.$case !== "toolResult")) close(index);
  }
  close(messages.length);
  return marks;
}

/** The conversation in OpenAI's form. Tool results that share a message with text become messages of their own before it. */
export function mapMessages(
  messages: readonly Message[],
  options: WireOptions,
  given: Omit<PartContext, "at" | "toolTurn" | "only" | "cacheMarks">,
): WireMessage[] {
  const base = { ...given, only: options.only.part, cacheMarks: options.cacheMarks };
  const wire: WireMessage[] = [];
  const marks = options.reasoningBack?.when === "tool_turns" ? toolTurns(messages) : [];
  for (const [index, message] of messages.entries()) {
    const toolTurn = marks[index] === true;
    mapMessage(message, options, { ...base, toolTurn, at: `messages[${index}]` }, wire);
  }
  return wire;
}

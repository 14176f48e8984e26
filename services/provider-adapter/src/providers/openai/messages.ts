import { type Message, type Part, Role, type ToolCall, type ToolResult } from "@sluice/proto/chat/v1/chat";
import type { WireOptions } from "./options.ts";
import { mapPart, type PartContext, plainTextOf } from "./parts.ts";
import { parseExtra } from "./warnings.ts";

type WireMessage = Record<string, unknown>;

const ROLE_NAMES: Readonly<Record<number, string>> = {
  [Role.ROLE_SYSTEM]: "system",
  [Role.ROLE_DEVELOPER]: "developer",
  [Role.ROLE_USER]: "user",
  [Role.ROLE_ASSISTANT]: "assistant",
  [Role.ROLE_TOOL]: "tool",
};

function mapToolCall(call: ToolCall): Record<string, unknown> {
  if (call.type === "custom")
    return { id: call.id, type: "custom", custom: { name: call.name, input: call.argumentsJson } };
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.argumentsJson } };
}

function content(parts: readonly Part[], plain: boolean, context: PartContext): unknown {
  const text = plain ? plainTextOf(parts) : undefined;
  if (text !== undefined) return text;
  const wire: unknown[] = [];
  for (const part of parts) {
    const mapped = mapPart(part, context);
    if (mapped !== undefined) wire.push(mapped);
  }
  return wire;
}

function toolMessage(result: ToolResult, plain: boolean, context: PartContext): WireMessage {
  if (result.isError) context.warnings.dropped("The error mark of a tool result");
  // The older kind of result pairs by name; only this dialect knows it.
  if (result.toolCallId === "" && context.passUnknown) {
    return { role: "function", name: result.name, content: plainTextOf(result.parts) ?? "" };
  }
  const allText = plain || plainTextOf(result.parts) !== undefined;
  return { role: "tool", tool_call_id: result.toolCallId, content: content(result.parts, allText, context) };
}

/** Where each part of a message goes: OpenAI keeps content, tool calls, results and reasoning in different places. */
interface Sorted {
  readonly content: Part[];
  readonly toolCalls: ToolCall[];
  readonly results: ToolResult[];
  reasoning: string;
  refusal: string | undefined;
  audioId: string;
}

function sortParts(message: Message): Sorted {
  const sorted: Sorted = { content: [], toolCalls: [], results: [], reasoning: "", refusal: undefined, audioId: "" };
  for (const part of message.parts) {
    const kind = part.kind;
    if (kind?.$case === "toolCall") sorted.toolCalls.push(kind.value);
    else if (kind?.$case === "toolResult") sorted.results.push(kind.value);
    else if (kind?.$case === "reasoning") sorted.reasoning += kind.value.text;
    else if (kind?.$case === "refusal" && message.plainText) sorted.refusal = kind.value;
    else if (kind?.$case === "audio" && kind.value.previousAudioId !== "") sorted.audioId = kind.value.previousAudioId;
    else sorted.content.push(part);
  }
  return sorted;
}

function assistantFields(sorted: Sorted, message: Message, options: WireOptions, context: PartContext): WireMessage {
  const wire: WireMessage = { role: "assistant" };
  if (sorted.content.length > 0) wire["content"] = content(sorted.content, message.plainText, context);
  else if (sorted.toolCalls.length === 0 && sorted.audioId === "" && sorted.refusal === undefined) wire["content"] = "";
  else wire["content"] = null;
  if (sorted.refusal !== undefined) wire["refusal"] = sorted.refusal;
  if (sorted.toolCalls.length > 0) wire["tool_calls"] = sorted.toolCalls.map(mapToolCall);
  if (sorted.audioId !== "") wire["audio"] = { id: sorted.audioId };
  if (sorted.reasoning !== "") {
    if (options.reasoningField !== undefined) wire[options.reasoningField] = sorted.reasoning;
    else context.warnings.dropped("Reasoning of earlier turns");
  }
  return wire;
}

function roleName(role: Role, options: WireOptions): string {
  if (role === Role.ROLE_DEVELOPER && !options.developerRole) return "system";
  return ROLE_NAMES[role] ?? "user";
}

function withRest(wire: WireMessage, message: Message, context: PartContext): WireMessage {
  if (message.name !== "") wire["name"] = message.name;
  if (message.extraJson === "") return wire;
  if (context.passUnknown) return { ...parseExtra(message.extraJson, context.at), ...wire };
  context.warnings.dropped("An unknown field of a message");
  return wire;
}

function mapMessage(message: Message, options: WireOptions, context: PartContext, into: WireMessage[]): void {
  const sorted = sortParts(message);
  for (const [index, result] of sorted.results.entries()) {
    const wire = toolMessage(result, message.plainText, context);
    const last = index === sorted.results.length - 1 && sorted.content.length === 0;
    into.push(last && message.role === Role.ROLE_TOOL ? withRest(wire, message, context) : wire);
  }
  if (sorted.results.length > 0 && sorted.content.length === 0) return;
  if (message.role === Role.ROLE_ASSISTANT) {
    into.push(withRest(assistantFields(sorted, message, options, context), message, context));
    return;
  }
  const wire = { role: roleName(message.role, options), content: content(sorted.content, message.plainText, context) };
  into.push(withRest(wire, message, context));
}

/** The conversation in OpenAI's form. Tool results that share a message with text become messages of their own before it. */
export function mapMessages(
  messages: readonly Message[],
  options: WireOptions,
  base: Omit<PartContext, "at">,
): WireMessage[] {
  const wire: WireMessage[] = [];
  for (const [index, message] of messages.entries()) {
    mapMessage(message, options, { ...base, at: `messages[${index}]` }, wire);
  }
  return wire;
}

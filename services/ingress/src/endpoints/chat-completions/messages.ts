import { type Message, type Part, Role, type ToolCall } from "@sluice/proto/chat/v1/chat";
import { extrasOf, hasExtras } from "./extras.ts";
import { newPart, toPart } from "./parts.ts";
import type { Problems } from "./problems.ts";
import { readSignature, toReasoningParts } from "./reasoning.ts";
import type { MessageBody, ToolCallBody } from "./schema.ts";

const ROLES: Readonly<Record<MessageBody["role"], Role>> = {
  system: Role.ROLE_SYSTEM,
  developer: Role.ROLE_DEVELOPER,
  user: Role.ROLE_USER,
  assistant: Role.ROLE_ASSISTANT,
  tool: Role.ROLE_TOOL,
  function: Role.ROLE_TOOL,
};
const COMMON_FIELDS = new Set(["role", "content", "name"]);
const TOOL_FIELDS = new Set([...COMMON_FIELDS, "tool_call_id"]);
const OLD_FUNCTION_FIELDS = new Set(["content", "name"]);
const ASSISTANT_FIELDS = new Set([
  ...COMMON_FIELDS,
  "tool_calls",
  "refusal",
  "reasoning_content",
  "reasoning_details",
  "audio",
]);
const TOOL_CALL_FIELDS = new Set(["id", "type", "function", "custom"]);
const FUNCTION_FIELDS = new Set(["name", "arguments"]);
const CUSTOM_FIELDS = new Set(["name", "input"]);

/** Maps one message; the position is needed for the paths of its faults. */
export function toMessage(body: MessageBody, index: number, problems: Problems): Message {
  const path = `messages[${index}]`;
  switch (body.role) {
    case "assistant":
      return toAssistantMessage(body, path, problems);
    case "tool":
    case "function":
      return toToolMessage(body, path, problems);
    default:
      if (body.content === null || body.content === undefined) requireContent(body, path, problems);
      return toPlainMessage(body, toContent(body, path, problems), COMMON_FIELDS);
  }
}

function toPlainMessage(body: MessageBody, parts: Part[], known: ReadonlySet<string>): Message {
  return {
    role: ROLES[body.role],
    parts,
    name: body.name ?? "",
    plainText: typeof body.content === "string",
    extraJson: extrasOf(body, known),
  };
}

function requireContent(body: MessageBody, path: string, problems: Problems): void {
  problems.add(`${path}.content`, `is required in a message of role "${body.role}"`);
}

function toContent(body: MessageBody, path: string, problems: Problems): Part[] {
  const { content } = body;
  if (content === null || content === undefined) return [];
  if (typeof content === "string") return [newPart({ $case: "text", value: content })];
  return content.map((part, index) => toPart(part, `${path}.content[${index}]`, problems));
}

/** Parts in the order they were thought: reasoning, text, refusal, audio, tool calls. */
function toAssistantMessage(body: MessageBody, path: string, problems: Problems): Message {
  const parts = toReasoningParts(body, path, problems);
  parts.push(...toContent(body, path, problems));
  if (typeof body.refusal === "string") parts.push(newPart({ $case: "refusal", value: body.refusal }));
  if (body.audio) {
    const value = { media: undefined, format: "", previousAudioId: body.audio.id };
    parts.push(newPart({ $case: "audio", value }));
  }
  body.tool_calls?.forEach((call, index) => {
    parts.push(toToolCallPart(call, `${path}.tool_calls[${index}]`, problems));
  });
  if (parts.length === 0 && !("function_call" in body)) requireContent(body, path, problems);
  return toPlainMessage(body, parts, ASSISTANT_FIELDS);
}

function toToolCallPart(body: ToolCallBody, path: string, problems: Problems): Part {
  const call = toToolCall(body);
  if (call === undefined) problems.add(`${path}.function`, "is required");
  const value = call ?? emptyCall(body);
  if (!body.extra_content) {
    return { kind: { $case: "toolCall", value }, cacheControl: undefined, extraJson: extrasOf(body, TOOL_CALL_FIELDS) };
  }
  const { signature, provider, rest } = readSignature(body, `${path}.extra_content`, problems);
  const extraJson = extrasOf({ ...body, extra_content: rest }, TOOL_CALL_FIELDS);
  return { kind: { $case: "toolCall", value: { ...value, signature, provider } }, cacheControl: undefined, extraJson };
}

const emptyCall = (body: ToolCallBody): ToolCall => ({
  id: body.id,
  name: "",
  argumentsJson: "",
  signature: "",
  type: body.type ?? "function",
  provider: "",
});

function toToolCall(body: ToolCallBody): ToolCall | undefined {
  if (body.function && !hasExtras(body.function, FUNCTION_FIELDS)) {
    return { ...emptyCall(body), name: body.function.name, argumentsJson: body.function.arguments };
  }
  if (body.custom && !hasExtras(body.custom, CUSTOM_FIELDS)) {
    return { ...emptyCall(body), name: body.custom.name, argumentsJson: body.custom.input };
  }
  return undefined;
}

/** A result without a call id is the older kind of role `function`, which pairs by name; its role travels among the extra fields. */
function toToolMessage(body: MessageBody, path: string, problems: Problems): Message {
  if (body.content === null || body.content === undefined) requireContent(body, path, problems);
  if (body.role === "tool" && !body.tool_call_id) {
    problems.add(`${path}.tool_call_id`, 'is required in a message of role "tool"');
  }
  if (body.role === "function" && !body.name)
    problems.add(`${path}.name`, 'is required in a message of role "function"');
  const value = {
    toolCallId: body.tool_call_id ?? "",
    name: body.name ?? "",
    parts: toContent(body, path, problems),
    isError: false,
  };
  const known = body.role === "tool" ? TOOL_FIELDS : OLD_FUNCTION_FIELDS;
  return toPlainMessage(body, [newPart({ $case: "toolResult", value })], known);
}

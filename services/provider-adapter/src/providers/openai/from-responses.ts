import {
  type ChatRequest,
  Dialect,
  type Message,
  type Part,
  type Tool,
  ToolChoiceMode,
} from "@sluice/proto/chat/v1/chat";
import { parseExtra, type Warnings } from "./warnings.ts";
import { isObject } from "./wire.ts";

/** Fields with the same name and meaning in chats. */
const SAME: ReadonlySet<string> = new Set([
  "safety_identifier",
  "prompt_cache_retention",
  "prompt_cache_options",
  "moderation",
]);
/** Fields that chats spell otherwise; fields inside an object come under their path. */
const RENAMED: Readonly<Record<string, string>> = { "text.verbosity": "verbosity" };

/**
 * A request that came in OpenAI's Responses dialect, with what only that dialect could say put into the words of chats: the two are the
 * same provider's. What has no words there becomes a warning. Any other request stays as it is.
 */
export function inChatWords(request: ChatRequest, warnings: Warnings): ChatRequest {
  if (request.dialect !== Dialect.DIALECT_OPENAI_RESPONSES) return request;
  return {
    ...request,
    dialect: Dialect.DIALECT_OPENAI_CHAT,
    messages: request.messages.map((message) => plainMessage(message, warnings)),
    tools: request.tools.map((tool) => toolInChatWords(tool, warnings)),
    toolChoice: choiceInChatWords(request),
    extraJson: fieldsInChatWords(request.extraJson, warnings),
  };
}

function fieldsInChatWords(extraJson: string, warnings: Warnings): string {
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(parseExtra(extraJson, "body") ?? {})) {
    const theirs = SAME.has(name) ? name : Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
    if (theirs === undefined) warnings.dropped(name);
    else kept.push([theirs, value]);
  }
  return kept.length === 0 ? "" : JSON.stringify(Object.fromEntries(kept));
}

function plainMessage(message: Message, warnings: Warnings): Message {
  if (message.extraJson === "" && message.parts.every(isPlain)) return message;
  if (message.extraJson !== "") warnings.dropped("An unknown field of an item");
  return { ...message, extraJson: "", parts: message.parts.flatMap((part) => plainPart(part, warnings)) };
}

function isPlain({ extraJson, kind }: Part): boolean {
  if (extraJson !== "" || kind?.$case === "unknownJson") return false;
  return kind?.$case !== "toolResult" || kind.value.parts.every(isPlain);
}

function plainPart(part: Part, warnings: Warnings): Part[] {
  if (part.kind?.$case === "unknownJson") {
    warnings.dropped("An item or content part of another kind");
    return [];
  }
  if (part.extraJson !== "") warnings.dropped("An unknown field of an item or content part");
  if (part.kind?.$case !== "toolResult") return [{ ...part, extraJson: "" }];
  const parts = part.kind.value.parts.flatMap((inner) => plainPart(inner, warnings));
  return [{ ...part, extraJson: "", kind: { $case: "toolResult", value: { ...part.kind.value, parts } } }];
}

function toolInChatWords(tool: Tool, warnings: Warnings): Tool {
  const extra = parseExtra(tool.extraJson, "tools") ?? {};
  if (tool.type !== "custom") {
    for (const name of Object.keys(extra).slice(0, 8)) warnings.dropped(`The field ${name} of a tool`);
    return { ...tool, extraJson: "" };
  }
  const { format, ...rest } = extra;
  for (const name of Object.keys(rest).slice(0, 8)) warnings.dropped(`The field ${name} of a tool`);
  const custom = {
    name: tool.name,
    ...(tool.description !== "" && { description: tool.description }),
    ...(format !== undefined && { format: formatInChatWords(format) }),
  };
  return { ...tool, extraJson: JSON.stringify({ custom }) };
}

/** A grammar lies one object deeper in chats. */
function formatInChatWords(format: unknown): unknown {
  if (!isObject(format) || format["type"] !== "grammar") return format;
  const { type, ...grammar } = format;
  return { type, grammar };
}

/** A choice that names a custom tool; the canonical form knows names alone. */
function choiceInChatWords({ toolChoice, tools }: ChatRequest): ChatRequest["toolChoice"] {
  if (toolChoice === undefined || toolChoice.unknownJson !== "") return toolChoice;
  const custom = new Set(tools.filter(({ type }) => type === "custom").map(({ name }) => name));
  const { mode, names } = toolChoice;
  if (!names.some((name) => custom.has(name))) return toolChoice;
  const named = names.map((name) =>
    custom.has(name) ? { type: "custom", custom: { name } } : { type: "function", function: { name } },
  );
  if (mode === ToolChoiceMode.TOOL_CHOICE_MODE_NAMED && named.length === 1) {
    return { ...toolChoice, unknownJson: JSON.stringify(named[0]) };
  }
  const word = mode === ToolChoiceMode.TOOL_CHOICE_MODE_AUTO ? "auto" : "required";
  const allowed = { type: "allowed_tools", allowed_tools: { mode: word, tools: named } };
  return { ...toolChoice, unknownJson: JSON.stringify(allowed) };
}

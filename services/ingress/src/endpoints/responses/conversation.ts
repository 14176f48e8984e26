import { type Message, type Part, Role, type ToolCall } from "@sluice/proto/chat/v1/chat";
import { type Carried, readCarried } from "../../answer/carried.ts";
import { extrasOf } from "../chat-completions/extras.ts";
import { newPart } from "../chat-completions/parts.ts";
import type { Problems } from "../chat-completions/problems.ts";
import { isPlainText, toContent } from "./content.ts";
import type { ItemBody } from "./schema.ts";

const ROLES = {
  user: Role.ROLE_USER,
  assistant: Role.ROLE_ASSISTANT,
  system: Role.ROLE_SYSTEM,
  developer: Role.ROLE_DEVELOPER,
} as const;
/** What says nothing to a model: the item's own address, and marks of how far it had come. */
const MARKS = ["type", "id", "status", "created_by", "phase"];
const MESSAGE_FIELDS = new Set([...MARKS, "role", "content"]);
const CALL_FIELDS = new Set([...MARKS, "call_id", "name", "arguments", "input", "caller"]);
const REASONING_FIELDS = new Set([...MARKS, "summary", "content", "encrypted_content"]);

type Signatures = ReadonlyMap<string, { readonly provider: string; readonly signature: string }>;

/** What the items of one conversation are mapped with. */
interface Context {
  readonly problems: Problems;
  readonly signatures: Signatures;
  /** Proofs of the reasoning items, read once. */
  readonly proofs: ReadonlyMap<ItemBody, Carried>;
}

/** One item and where the caller wrote it. */
export interface PlacedItem {
  readonly item: ItemBody;
  /** Path of its faults, e.g. `input[3]`. */
  readonly path: string;
}

/** The type of an item; one without a type is a message if it has a role, else it stands for an item that is kept. */
export function typeOf(item: ItemBody): string {
  return item.type ?? (item.role ? "message" : "item_reference");
}

/**
 * Maps items to messages. What the model did in one turn (thinking, words, calls) becomes one message, because providers with signed
 * thinking take it back only as it was. Items no message can say travel as they are.
 */
export function toMessages(items: readonly PlacedItem[], problems: Problems): Message[] {
  const context = { problems, ...readProofs(items) };
  const messages: Message[] = [];
  let turn: Message | undefined;
  for (const { item, path } of items) {
    const parts = ofAssistant(item, path, context);
    if (parts === undefined) {
      turn = undefined;
      messages.push(ofOthers(item, path, problems));
      continue;
    }
    if (parts.length === 0) continue;
    if (turn === undefined) {
      const plainText = isPlainText(parts);
      const extraJson = typeOf(item) === "message" ? extrasOf(item, MESSAGE_FIELDS) : "";
      turn = { role: Role.ROLE_ASSISTANT, parts, name: "", plainText, extraJson };
      messages.push(turn);
    } else {
      turn.parts.push(...parts);
      // Tool calls stand beside a text, they do not make it a list.
      turn.plainText = turn.parts.filter(({ kind }) => kind?.$case === "text").length === 1;
    }
  }
  return messages;
}

function readProofs(items: readonly PlacedItem[]): Pick<Context, "proofs" | "signatures"> {
  const proofs = new Map<ItemBody, Carried>();
  const signatures = new Map<string, { provider: string; signature: string }>();
  for (const { item } of items) {
    if (item.type !== "reasoning" || !item.encrypted_content) continue;
    const proof = proofOf(item, item.encrypted_content);
    proofs.set(item, proof);
    if (proof.of === "call") signatures.set(proof.id, proof);
  }
  return { proofs, signatures };
}

/** What an item adds to the model's turn; undefined if it is somebody else's. */
function ofAssistant(item: ItemBody, path: string, context: Context): Part[] | undefined {
  const type = typeOf(item);
  switch (type) {
    case "message":
      if (item.role !== "assistant") return undefined;
      return toContent(item.content ?? "", `${path}.content`, context.problems);
    case "reasoning":
      return toReasoning(item, context.proofs.get(item));
    case "function_call":
    case "custom_tool_call":
      return [toCall(item, type, path, context)];
    case "function_call_output":
    case "custom_tool_call_output":
      return undefined;
    default:
      return [newPart({ $case: "unknownJson", value: JSON.stringify(item) })];
  }
}

function ofOthers(item: ItemBody, path: string, problems: Problems): Message {
  if (typeOf(item) === "message") {
    if (item.role === undefined || item.role === null) problems.add(`${path}.role`, "is required in a message");
    if (item.content === undefined || item.content === null)
      problems.add(`${path}.content`, "is required in a message");
    const parts = toContent(item.content ?? "", `${path}.content`, problems);
    const extraJson = extrasOf(item, MESSAGE_FIELDS);
    return { role: ROLES[item.role ?? "user"], parts, name: "", plainText: isPlainText(parts), extraJson };
  }
  if (!item.call_id) problems.add(`${path}.call_id`, `is required in an item of type "${item.type}"`);
  if (item.output === undefined || item.output === null) {
    problems.add(`${path}.output`, `is required in an item of type "${item.type}"`);
  }
  const parts = toContent(item.output ?? "", `${path}.output`, problems);
  const value = { toolCallId: item.call_id ?? "", name: item.name ?? "", parts, isError: false };
  const result = newPart({ $case: "toolResult", value });
  return { role: Role.ROLE_TOOL, parts: [result], name: "", plainText: isPlainText(parts), extraJson: "" };
}

function toReasoning(item: ItemBody, proof: Carried | undefined): Part[] {
  const text = textOf(item);
  const { of = "thinking", provider = "", id = "", signature = "", redacted = false } = proof ?? {};
  const proves = of === "thinking" && signature !== "";
  if (text === "" && !proves) return [];
  const value = proves
    ? { text, signature, redacted, id, provider }
    : { text, signature: "", redacted: false, id: "", provider: "" };
  return [{ ...newPart({ $case: "reasoning", value }), extraJson: extrasOf(item, REASONING_FIELDS) }];
}

/** What an item of reasoning lets people read: a summary, or the thinking itself where a model shows it. */
function textOf({ summary, content }: ItemBody): string {
  const shown = typeof content === "string" ? [content] : (content ?? []).map(({ text }) => text ?? "");
  return [...(summary ?? []).map(({ text }) => text), ...shown].filter((one) => one !== "").join("\n\n");
}

/** What another gateway or a provider encrypted has no maker's name; it is known by the item's own id. */
function proofOf(item: ItemBody, text: string): Carried {
  const foreign = { of: "thinking", provider: "", id: item.id ?? "", signature: text } as const;
  return readCarried(text) ?? { ...foreign, redacted: textOf(item) === "" };
}

function toCall(item: ItemBody, type: string, path: string, { problems, signatures }: Context): Part {
  const custom = type === "custom_tool_call";
  const written = custom ? item.input : item.arguments;
  if (!item.call_id) problems.add(`${path}.call_id`, `is required in an item of type "${type}"`);
  if (!item.name) problems.add(`${path}.name`, `is required in an item of type "${type}"`);
  if (typeof written !== "string") {
    problems.add(`${path}.${custom ? "input" : "arguments"}`, `is required in an item of type "${type}"`);
  }
  const signed = signatures.get(item.call_id ?? "");
  const value: ToolCall = {
    id: item.call_id ?? "",
    name: item.name ?? "",
    argumentsJson: written ?? "",
    signature: signed?.signature ?? "",
    type: custom ? "custom" : "function",
    provider: signed?.provider ?? "",
  };
  return { ...newPart({ $case: "toolCall", value }), extraJson: extrasOf(item, CALL_FIELDS) };
}

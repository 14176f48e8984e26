import { type Message, type Part, Role } from "@sluice/proto/chat/v1/chat";
import { type Carried, readCarried } from "../../answer/carried.ts";
import { extrasOf } from "../chat-completions/extras.ts";
import { newPart } from "../chat-completions/parts.ts";
import type { Problems } from "../chat-completions/problems.ts";
import { toPart } from "./blocks.ts";
import type { AnyBlockBody, MessageBody, MessagesBody } from "./schema.ts";

const MESSAGE_FIELDS = new Set(["role", "content"]);
const ROLES: Readonly<Record<MessageBody["role"], Role>> = {
  user: Role.ROLE_USER,
  assistant: Role.ROLE_ASSISTANT,
  system: Role.ROLE_SYSTEM,
};

/** Maps the instructions, which stand apart here, and the turns. Results of tools become messages of their own, as everywhere else. */
export function toConversation(body: Pick<MessagesBody, "system" | "messages">, problems: Problems): Message[] {
  const messages: Message[] = [];
  if (body.system !== undefined && body.system !== null && body.system.length > 0) {
    checkPlaces("system", body.system, "system", problems);
    messages.push(newMessage(Role.ROLE_SYSTEM, body.system, toParts(body.system, "system", problems)));
  }
  for (const [index, message] of body.messages.entries()) addTurn(messages, message, `messages[${index}]`, problems);
  return messages;
}

/** Maps the turns alone; used for telling all faults of a request at once. */
export function addTurn(into: Message[], body: MessageBody, path: string, problems: Problems): void {
  const role = ROLES[body.role];
  checkPlaces(body.role, body.content, `${path}.content`, problems);
  const content = role === Role.ROLE_ASSISTANT ? toAnswer(body.content, path, problems) : undefined;
  const parts = content ?? toParts(body.content, `${path}.content`, problems);
  const rest: Part[] = [];
  for (const part of parts) {
    if (part.kind?.$case === "toolResult" && role === Role.ROLE_USER) into.push(newMessage(Role.ROLE_TOOL, [], [part]));
    else rest.push(part);
  }
  if (rest.length > 0 || parts.length === 0) {
    into.push({ ...newMessage(role, body.content, rest), extraJson: extrasOf(body, MESSAGE_FIELDS) });
  }
}

/** Blocks that only one role can write. */
const WRITERS: Readonly<Record<string, MessageBody["role"]>> = {
  tool_use: "assistant",
  thinking: "assistant",
  redacted_thinking: "assistant",
  tool_result: "user",
};

function checkPlaces(role: MessageBody["role"], content: MessageBody["content"], path: string, into: Problems): void {
  if (typeof content === "string") return;
  for (const [index, { type }] of content.entries()) {
    const writer = Object.hasOwn(WRITERS, type) ? WRITERS[type] : undefined;
    if (writer === undefined || writer === role) continue;
    into.add(`${path}[${index}]`, `of type "${type}" may only stand in a message of role "${writer}"`);
  }
}

function newMessage(role: Role, content: string | readonly AnyBlockBody[], parts: Part[]): Message {
  return { role, parts, name: "", plainText: typeof content === "string", extraJson: "" };
}

function toParts(content: string | readonly AnyBlockBody[], path: string, problems: Problems): Part[] {
  if (typeof content === "string") return [newPart({ $case: "text", value: content })];
  return content.map((block, index) => toPart(block, `${path}[${index}]`, problems));
}

/** An answer may bring back what other providers signed on its tool calls; it came as blocks of sealed thinking beside them. */
function toAnswer(content: MessageBody["content"], path: string, problems: Problems): Part[] | undefined {
  if (typeof content === "string") return undefined;
  const seals = new Map<string, Carried>();
  const parts: Part[] = [];
  for (const [index, block] of content.entries()) {
    const carried = block.type === "redacted_thinking" ? readCarried(textIn(block, "data")) : undefined;
    if (carried?.of === "call") seals.set(carried.id, carried);
    else parts.push(toPart(block, `${path}.content[${index}]`, problems));
  }
  return seals.size === 0 ? parts : parts.map((part) => sealed(part, seals));
}

function textIn(block: AnyBlockBody, field: string): string {
  const value = block[field];
  return typeof value === "string" ? value : "";
}

function sealed(part: Part, seals: ReadonlyMap<string, Carried>): Part {
  if (part.kind?.$case !== "toolCall") return part;
  const { value } = part.kind;
  const seal = seals.get(value.id);
  if (seal === undefined) return part;
  const { signature, provider } = seal;
  return { ...part, kind: { $case: "toolCall", value: { ...value, signature, provider } } };
}

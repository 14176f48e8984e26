import { type ChatRequest, Dialect, Message, Part, Role, ToolCall, type ToolResult } from "@sluice/proto/chat/v1/chat";
import type { Warnings } from "./openai/warnings.ts";
import { isObject, textOf } from "./openai/wire.ts";

/**
 * Providers refuse a conversation in which a call lacks its result, a result its call, or two calls share an id. Such conversations are
 * usual all the same: callers cut them anywhere, some providers count their ids anew in each turn, and the older kind of call has none.
 */

const NO_RESULT = "There is no result of this call.";
/** Longest name of a function in the words that stand for a result without its call. */
const NAME_MAX = 128;

/** A call that waits for its result. */
interface OpenCall {
  /** Its id as the caller wrote it. */
  readonly given: string;
  readonly id: string;
  readonly name: string;
}

type Warn = Pick<Warnings, "say">;

function textPart(value: string): Part {
  return Part.create({ kind: { $case: "text", value } });
}

/** An assistant's message with the older kind of call, which lies among its unknown fields, as a call without an id. */
function lifted(message: Message): Message {
  if (message.role !== Role.ROLE_ASSISTANT || !message.extraJson.includes('"function_call"')) return message;
  const extra: unknown = JSON.parse(message.extraJson);
  if (!isObject(extra) || !isObject(extra["function_call"])) return message;
  const { function_call: old, ...rest } = extra;
  const name = textOf(old["name"]);
  const value = ToolCall.create({ name, argumentsJson: textOf(old["arguments"]), type: "function" });
  const parts = [...message.parts, Part.create({ kind: { $case: "toolCall", value } })];
  const extraJson = Object.keys(rest).length === 0 ? "" : JSON.stringify(rest);
  return { ...message, parts, extraJson };
}

/** Puts each result right behind the calls it belongs to, as the conversation is read from its beginning. */
class Pairing {
  readonly messages: Message[] = [];
  readonly #warnings: Warn;
  readonly #used = new Set<string>();
  #open: OpenCall[] = [];
  /** Where the next result of the open calls belongs. */
  #place = 0;
  #afterAnswer = false;

  constructor(warnings: Warn) {
    this.#warnings = warnings;
  }

  /** Takes an assistant's message: after anybody else's words, the calls before it can no longer be answered. */
  answer(message: Message): void {
    if (!this.#afterAnswer) this.close();
    this.#afterAnswer = true;
    const parts = message.parts.map((part) => this.#call(part));
    this.messages.push({ ...message, parts });
    this.#place = this.messages.length;
  }

  /** Takes anybody else's message: its results, each by itself, then whatever else it holds. */
  words(message: Message): void {
    this.#afterAnswer = false;
    const rest: Part[] = [];
    for (const part of message.parts) {
      if (part.kind?.$case === "toolResult") this.#result(message, part, part.kind.value);
      else rest.push(part);
    }
    if (rest.length === message.parts.length) this.messages.push(message);
    else if (rest.length > 0) this.messages.push({ ...message, role: Role.ROLE_USER, parts: rest });
  }

  /** Answers the calls nobody answered. */
  close(): void {
    for (const { id, name } of this.#open.splice(0)) {
      this.#warnings.say("A tool call without a result was given one that says so.");
      const value = { toolCallId: id, name, parts: [textPart(NO_RESULT)], isError: true };
      this.#insert(
        Message.create({ role: Role.ROLE_TOOL, parts: [Part.create({ kind: { $case: "toolResult", value } })] }),
      );
    }
  }

  #insert(message: Message): void {
    this.messages.splice(this.#place, 0, message);
    this.#place += 1;
  }

  #call(part: Part): Part {
    if (part.kind?.$case !== "toolCall") return part;
    const { value } = part.kind;
    const id = this.#fresh(value.id);
    this.#open.push({ given: value.id, id, name: value.name });
    return id === value.id ? part : { ...part, kind: { $case: "toolCall", value: { ...value, id } } };
  }

  #fresh(given: string): string {
    const base = given || "call";
    let id = base;
    for (let number = 2; this.#used.has(id); number++) id = `${base}_${number}`;
    this.#used.add(id);
    return id;
  }

  #result(message: Message, part: Part, result: ToolResult): void {
    const at = this.#open.findIndex(({ given, name }) =>
      result.toolCallId === "" ? name === result.name : given === result.toolCallId,
    );
    const [call] = at === -1 ? [] : this.#open.splice(at, 1);
    if (call === undefined) {
      this.#warnings.say("A tool result without its call was sent as the user's words.");
      const name = result.name === "" ? "a tool" : result.name.slice(0, NAME_MAX);
      const parts = [textPart(`Result of ${name}:`), ...result.parts];
      this.messages.push(Message.create({ role: Role.ROLE_USER, parts }));
      return;
    }
    const value = { ...result, toolCallId: call.id };
    this.#insert({
      ...message,
      role: Role.ROLE_TOOL,
      extraJson: result.toolCallId === "" ? "" : message.extraJson,
      parts: [{ ...part, kind: { $case: "toolResult", value } }],
    });
  }
}

function hasTools({ parts, extraJson }: Message): boolean {
  if (extraJson.includes('"function_call"')) return true;
  return parts.some(({ kind }) => kind?.$case === "toolCall" || kind?.$case === "toolResult");
}

/**
 * The conversation with every call answered once, right behind the turn that made it, and ids that are told apart. One in order stays as
 * it is. Calls are renamed and results moved the same way each time, so that a provider's cache of the prompt still fits.
 */
export function pairTools(request: Pick<ChatRequest, "messages" | "dialect">, warnings: Warn): readonly Message[] {
  const { messages, dialect } = request;
  if (!messages.some(hasTools)) return messages;
  const pairing = new Pairing(warnings);
  for (const message of messages) {
    if (message.role === Role.ROLE_ASSISTANT)
      pairing.answer(dialect === Dialect.DIALECT_OPENAI_CHAT ? lifted(message) : message);
    else if (message.role === Role.ROLE_SYSTEM || message.role === Role.ROLE_DEVELOPER) pairing.messages.push(message);
    else pairing.words(message);
  }
  pairing.close();
  return pairing.messages;
}

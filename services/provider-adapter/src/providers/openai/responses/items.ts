import { type ChatChunk, Dialect, StartChunk } from "@sluice/proto/chat/v1/chat";
import { chunk } from "../chunks.ts";
import { isObject, textOf } from "../wire.ts";

type WireObject = Readonly<Record<string, unknown>>;

/** Items of an output that have a place of their own in a chat; the rest are the provider's own tools at work. */
const SPOKEN = new Set(["message", "reasoning", "function_call", "custom_tool_call"]);
const MODEL_CALLS = new Set(["function_call", "custom_tool_call"]);

/** True if the caller has to run what the item asks for. */
export function isModelCall(item: WireObject): boolean {
  return MODEL_CALLS.has(textOf(item["type"]));
}

/** True if no chunk of a chat can say what the item is. */
export function isUnspoken(item: WireObject): boolean {
  return !SPOKEN.has(textOf(item["type"]));
}

/** The chunk that opens an answer. */
export function startOf(response: WireObject): ChatChunk {
  const start = StartChunk.create();
  const created = response["created_at"];
  start.id = textOf(response["id"]);
  start.model = textOf(response["model"]);
  start.createdAtS = typeof created === "number" && created > 0 ? BigInt(Math.trunc(created)) : 0n;
  start.serviceTier = textOf(response["service_tier"]);
  start.dialect = Dialect.DIALECT_OPENAI_RESPONSES;
  return chunk(0, { $case: "start", value: start });
}

/** The text of a reasoning item: its summary, or the thinking itself where a model shows it. */
function thinkingOf(item: WireObject): string {
  const pieces = [item["summary"], item["content"]].flatMap((list) => (Array.isArray(list) ? list : []));
  return pieces
    .map((piece) => (isObject(piece) ? textOf(piece["text"]) : ""))
    .filter((text) => text !== "")
    .join("\n\n");
}

/** A reasoning item as one chunk; undefined if it says nothing and proves nothing. `text` is left out where it has been streamed. */
export function reasoningChunk(item: WireObject, block: number, streamed: boolean): ChatChunk | undefined {
  const signature = textOf(item["encrypted_content"]);
  const whole = thinkingOf(item);
  const text = streamed ? "" : whole;
  if (signature === "" && text === "") return undefined;
  const redacted = signature !== "" && whole === "" && !streamed;
  return chunk(0, { $case: "reasoning", value: { text, signature, redacted, id: textOf(item["id"]), block } });
}

/** The chunk that opens a call, with its arguments as far as they are known. */
export function callChunk(item: WireObject, call: number, argumentsJson: string): ChatChunk {
  const custom = item["type"] === "custom_tool_call";
  const id = textOf(item["call_id"]) || textOf(item["id"]);
  const value = {
    call,
    id,
    name: textOf(item["name"]),
    argumentsJson,
    signature: "",
    type: custom ? "custom" : "function",
  };
  return chunk(0, { $case: "toolCall", value });
}

/** What the model wrote as a call's arguments, as far as the item has it. */
export function argumentsOf(item: WireObject): string {
  return textOf(item["type"] === "custom_tool_call" ? item["input"] : item["arguments"]);
}

/** Appends the content of a message item. */
export function messageChunks(item: WireObject, into: ChatChunk[]): void {
  const content = item["content"];
  for (const part of Array.isArray(content) ? content : []) if (isObject(part)) partChunks(part, into);
}

/** Appends one part of a message: text with its annotations, or a refusal. */
export function partChunks(part: WireObject, into: ChatChunk[]): void {
  const text = textOf(part["text"]);
  if (part["type"] === "output_text" && text !== "") into.push(chunk(0, { $case: "text", value: text }));
  const refusal = textOf(part["refusal"]);
  if (part["type"] === "refusal" && refusal !== "") into.push(chunk(0, { $case: "refusal", value: refusal }));
  annotationChunks(part["annotations"], into);
  logprobChunks(part["logprobs"], into);
}

export function annotationChunks(annotations: unknown, into: ChatChunk[]): void {
  if (!Array.isArray(annotations) || annotations.length === 0) return;
  into.push(chunk(0, { $case: "annotationsJson", value: JSON.stringify(annotations) }));
}

export function logprobChunks(logprobs: unknown, into: ChatChunk[]): void {
  if (!Array.isArray(logprobs) || logprobs.length === 0) return;
  into.push(chunk(0, { $case: "logprobsJson", value: JSON.stringify({ content: logprobs }) }));
}

/** What the provider's own tools did, kept as it came; undefined if there was nothing. */
export function unspokenChunk(items: readonly WireObject[]): ChatChunk | undefined {
  if (items.length === 0) return undefined;
  return { choice: 0, event: undefined, extraJson: JSON.stringify({ output_items: items }) };
}

import { AudioDelta, type ChatChunk, Dialect, FinishReason, StartChunk } from "@sluice/proto/chat/v1/chat";
import { momentOf } from "../figures.ts";
import { mapFinish } from "./finish.ts";
import type { ChoiceNumbers, ToolCallNumbers } from "./numbers.ts";
import { readDetails } from "./reasoning-details.ts";
import { isObject, textOf, type WireAnswer, type WireDelta, type WireToolCall } from "./wire.ts";

/** Top-level fields that have a place of their own, or none that matters (padding). */
const KNOWN_TOP = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "service_tier",
  "system_fingerprint",
  "obfuscation",
  "p",
  "error",
]);

/** Fields of a message or delta that have a place of their own, or repeat what another field says. */
const KNOWN_DELTA = new Set([
  "role",
  "index",
  "token_id",
  "channel",
  "content",
  "refusal",
  "reasoning_content",
  "reasoning",
  "reasoning_details",
  "tool_calls",
  "audio",
  "annotations",
]);

/** The fields not in `known` that hold something, as JSON text; "" if there are none. */
function extrasOf(object: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): string {
  let extra: Record<string, unknown> | undefined;
  for (const name in object) {
    if (known.has(name) || object[name] === null || object[name] === undefined) continue;
    extra ??= {};
    extra[name] = object[name];
  }
  return extra === undefined ? "" : JSON.stringify(extra);
}

/** The chunk that opens an answer. */
export function startChunk(answer: WireAnswer): ChatChunk {
  const start = StartChunk.create();
  start.id = textOf(answer.id);
  start.model = textOf(answer.model);
  start.createdAtS = momentOf(answer.created);
  start.serviceTier = textOf(answer.service_tier);
  start.systemFingerprint = textOf(answer.system_fingerprint);
  start.extraJson = extrasOf(answer, KNOWN_TOP);
  start.dialect = Dialect.DIALECT_OPENAI_CHAT;
  return { choice: 0, event: { $case: "start", value: start }, extraJson: "" };
}

/** A chunk of one choice. */
export function chunk(choice: number, event: ChatChunk["event"]): ChatChunk {
  return { choice, event, extraJson: "" };
}

function argumentsOf(call: WireToolCall): string {
  if (isObject(call.custom)) return textOf(call.custom["input"]);
  const given = isObject(call.function) ? call.function["arguments"] : undefined;
  if (typeof given === "string") return given;
  // Some look-alikes send the arguments as an object instead of its text.
  return given === null || given === undefined ? "" : JSON.stringify(given);
}

function toolCallChunk(choice: number, wire: unknown, numbers: ToolCallNumbers): ChatChunk | undefined {
  if (!isObject(wire)) return undefined;
  const call: WireToolCall = wire;
  // Mistral may write the word null where a later piece of a call has no id.
  const id = call.id === "null" ? "" : textOf(call.id);
  const { number, first } = numbers.numberOf(typeof call.index === "number" ? call.index : undefined, id);
  const body: unknown = isObject(call.custom) ? call.custom : call.function;
  const name = isObject(body) ? textOf(body["name"]) : "";
  const argumentsJson = argumentsOf(call);
  if (!isObject(call.custom)) numbers.note(number, first, argumentsJson);
  const value = {
    call: number,
    id: first ? id : "",
    name: first ? name : "",
    argumentsJson,
    signature: "",
    type: first ? textOf(call.type) || "function" : "",
  };
  return chunk(choice, { $case: "toolCall", value });
}

function contentParts(choice: number, content: readonly unknown[], into: ChatChunk[]): void {
  for (const part of content) {
    if (!isObject(part)) continue;
    const text = textOf(part["text"]);
    if (text !== "") into.push(chunk(choice, { $case: "text", value: text }));
    const thinking = part["thinking"];
    if (Array.isArray(thinking))
      reasoning(choice, thinking.map((piece) => (isObject(piece) ? textOf(piece["text"]) : "")).join(""), into);
  }
}

function reasoning(choice: number, text: string, into: ChatChunk[]): void {
  if (text === "") return;
  const value = { text, signature: "", redacted: false, id: "", block: 0 };
  into.push(chunk(choice, { $case: "reasoning", value }));
}

function audio(choice: number, wire: Readonly<Record<string, unknown>>, into: ChatChunk[]): void {
  const value = AudioDelta.create();
  value.id = textOf(wire["id"]);
  value.data = Buffer.from(textOf(wire["data"]), "base64");
  value.transcript = textOf(wire["transcript"]);
  value.expiresAtS = momentOf(wire["expires_at"]);
  into.push(chunk(choice, { $case: "audio", value }));
}

function thoughts(choice: number, delta: WireDelta, numbers: ChoiceNumbers, into: ChatChunk[]): void {
  const plain = textOf(delta.reasoning_content) || textOf(delta.reasoning);
  const details = delta.reasoning_details;
  if (!Array.isArray(details) || details.length === 0) {
    reasoning(choice, plain, into);
    return;
  }
  for (const value of readDetails(details, plain, numbers.blocks)) {
    into.push(chunk(choice, { $case: "reasoning", value }));
  }
}

function toolCalls(choice: number, calls: readonly unknown[], numbers: ToolCallNumbers, into: ChatChunk[]): void {
  for (const [position, call] of calls.entries()) {
    const unplaced = calls.length > 1 && isObject(call) && call["index"] === undefined;
    const mapped = toolCallChunk(choice, unplaced ? { index: position, ...call } : call, numbers);
    if (mapped !== undefined) into.push(mapped);
  }
}

/** What the older completions say in a choice: its text alone. */
export function textPiece(content: string): WireDelta {
  return { content };
}

/** Appends the chunks of a message or delta; the fields are the same, whole or in pieces. */
export function deltaChunks(choice: number, delta: WireDelta, numbers: ChoiceNumbers, into: ChatChunk[]): void {
  const { content } = delta;
  thoughts(choice, delta, numbers, into);
  if (typeof content === "string") {
    if (content !== "") into.push(chunk(choice, { $case: "text", value: content }));
  } else if (Array.isArray(content)) contentParts(choice, content, into);
  if (typeof delta.refusal === "string" && delta.refusal !== "") {
    into.push(chunk(choice, { $case: "refusal", value: delta.refusal }));
  }
  if (Array.isArray(delta.tool_calls)) toolCalls(choice, delta.tool_calls, numbers.calls, into);
  if (isObject(delta.audio)) audio(choice, delta.audio, into);
  if (Array.isArray(delta.annotations) && delta.annotations.length > 0) {
    into.push(chunk(choice, { $case: "annotationsJson", value: JSON.stringify(delta.annotations) }));
  }
  const extraJson = extrasOf(delta, KNOWN_DELTA);
  if (extraJson !== "") into.push({ choice, event: undefined, extraJson });
}

/** Appends a choice's log probabilities, if there are any. */
export function logprobsChunk(choice: number, logprobs: unknown, into: ChatChunk[]): void {
  if (isObject(logprobs)) into.push(chunk(choice, { $case: "logprobsJson", value: JSON.stringify(logprobs) }));
}

/** Appends the end of a choice. A call that came without arguments takes none, which JSON spells `{}`. */
export function finishChunks(choice: number, raw: string, numbers: ToolCallNumbers, into: ChatChunk[]): void {
  const reason = mapFinish(raw);
  if (reason !== FinishReason.FINISH_REASON_LENGTH) {
    for (const call of numbers.takeSilent()) {
      const value = { call, id: "", name: "", argumentsJson: "{}", signature: "", type: "" };
      into.push(chunk(choice, { $case: "toolCall", value }));
    }
  }
  into.push(chunk(choice, { $case: "finish", value: { reason, rawReason: raw, stopSequence: "" } }));
}

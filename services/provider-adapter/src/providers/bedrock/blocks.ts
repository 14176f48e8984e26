import { type ChatChunk, StartChunk } from "@sluice/proto/chat/v1/chat";
import { JSON_TOOL } from "../anthropic/format.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { mapFinish } from "./finish.ts";
import type { WireObject } from "./wire.ts";

/** What is known of an answer's content between two blocks. */
export interface Content {
  /** Number of tool calls and of thinking blocks so far. */
  calls: number;
  thoughts: number;
  /** True once the stand-in for a JSON answer was called. */
  jsonAnswer: boolean;
  /** Blocks the canonical form cannot say: tools the provider ran, and what they brought. */
  readonly kept: WireObject[];
}

/** Content before the first block. */
export function noContent(): Content {
  return { calls: 0, thoughts: 0, jsonAnswer: false, kept: [] };
}

/** A chunk of the one choice there is. */
export function chunk(event: ChatChunk["event"]): ChatChunk {
  return { choice: 0, event, extraJson: "" };
}

/** The chunk that opens an answer; the wire tells neither id nor model. */
export function startChunk(): ChatChunk {
  return chunk({ $case: "start", value: StartChunk.create() });
}

/** Appends text. */
export function say(text: string, into: ChatChunk[]): void {
  if (text !== "") into.push(chunk({ $case: "text", value: text }));
}

/** Appends thinking, or its signature, or what was withheld of it. */
export function think(block: number, wire: WireObject, into: ChatChunk[]): void {
  const text = textOf(wire["text"]);
  const withheld = textOf(wire["redactedContent"]);
  const signature = withheld || textOf(wire["signature"]);
  if (text === "" && signature === "") return;
  const value = { text, signature, redacted: withheld !== "", id: "", block };
  into.push(chunk({ $case: "reasoning", value }));
}

/** Opens a call; the number it has, or undefined for the stand-in of a JSON answer, whose input is the text. */
export function openCall(content: Content, wire: WireObject, into: ChatChunk[]): number | undefined {
  const name = textOf(wire["name"]);
  if (name === JSON_TOOL) {
    content.jsonAnswer = true;
    return undefined;
  }
  const call = content.calls;
  content.calls += 1;
  const value = { call, id: textOf(wire["toolUseId"]), name, argumentsJson: "", signature: "", type: "function" };
  into.push(chunk({ $case: "toolCall", value }));
  return call;
}

/** Appends to a call's arguments, or to the text they stand for. */
export function addInput(call: number | undefined, piece: string, into: ChatChunk[]): void {
  if (call === undefined) {
    say(piece, into);
    return;
  }
  if (piece === "") return;
  const value = { call, id: "", name: "", argumentsJson: piece, signature: "", type: "" };
  into.push(chunk({ $case: "toolCall", value }));
}

/** True for a call of a tool that the provider runs itself: nobody else is to answer it. */
export function isOwnCall(wire: WireObject): boolean {
  return wire["type"] === "server_tool_use";
}

/** Appends citations. */
export function cite(citations: unknown, into: ChatChunk[]): void {
  if (!Array.isArray(citations) || citations.length === 0) return;
  into.push(chunk({ $case: "annotationsJson", value: JSON.stringify(citations) }));
}

function citedText(block: WireObject, into: ChatChunk[]): void {
  const pieces = block["content"];
  for (const piece of Array.isArray(pieces) ? pieces : []) if (isObject(piece)) say(textOf(piece["text"]), into);
  cite(block["citations"], into);
}

function wholeThought(content: Content, wire: WireObject, into: ChatChunk[]): void {
  const block = content.thoughts;
  content.thoughts += 1;
  think(block, isObject(wire["reasoningText"]) ? wire["reasoningText"] : wire, into);
}

/** Appends a block of a plain answer. Kinds that are not known are passed over: new ones appear without notice. */
export function addBlock(content: Content, block: WireObject, into: ChatChunk[]): void {
  const { toolUse, reasoningContent, citationsContent } = block;
  if (isObject(block["toolResult"]) || (isObject(toolUse) && isOwnCall(toolUse))) {
    content.kept.push(block);
    return;
  }
  say(textOf(block["text"]), into);
  if (isObject(reasoningContent)) wholeThought(content, reasoningContent, into);
  if (isObject(citationsContent)) citedText(citationsContent, into);
  if (isObject(toolUse)) {
    const { input } = toolUse;
    const call = openCall(content, toolUse, into);
    // A text is what the model wrote instead of an object: not ours to hide.
    addInput(call, typeof input === "string" ? input : JSON.stringify(input ?? {}), into);
  }
}

/** The chunk that ends an answer. */
export function finishChunk(content: Content, message: WireObject): ChatChunk {
  const raw = textOf(message["stopReason"]);
  // A stand-in that was called is an answer, not a call.
  const stands = raw === "tool_use" && content.jsonAnswer && content.calls === 0;
  const more = message["additionalModelResponseFields"];
  const delta = isObject(more) && isObject(more["delta"]) ? more["delta"] : {};
  const stopSequence = textOf(delta["stop_sequence"]);
  const value = { reason: mapFinish(stands ? "end_turn" : raw), rawReason: raw, stopSequence };
  const extraJson = content.kept.length === 0 ? "" : JSON.stringify({ content_blocks: content.kept });
  return { ...chunk({ $case: "finish", value }), extraJson };
}

/** The tier an answer or its last event says it used. */
export function tierOf(message: WireObject): string {
  return isObject(message["serviceTier"]) ? textOf(message["serviceTier"]["type"]) : "";
}

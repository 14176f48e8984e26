import { type ChatChunk, Dialect, StartChunk, type ToolCallDelta } from "@sluice/proto/chat/v1/chat";
import { isObject, textOf } from "../openai/wire.ts";
import { mapFinish } from "./finish.ts";
import { JSON_TOOL } from "./format.ts";
import type { WireBlock, WireMessage } from "./wire.ts";

/** Top-level fields that have a place of their own, or none that matters. */
const KNOWN_TOP = new Set(["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details"]);
const NOT_KEPT = new Set([...KNOWN_TOP, "usage", "diagnostics"]);

/** What is known of an answer's content between two blocks. */
export interface Content {
  /** Number of tool calls and of thinking blocks so far. */
  calls: number;
  thoughts: number;
  /** True once the stand-in for a JSON answer was called. */
  jsonAnswer: boolean;
  /** True if the last block was text: another one has to be told apart from it. */
  afterText: boolean;
  /** Blocks the canonical form cannot say: tools the provider ran, and what they brought. */
  readonly kept: Record<string, unknown>[];
}

/** A content block being read. */
export interface OpenBlock {
  readonly kind: "text" | "thinking" | "tool" | "json" | "other";
  /** Number of the call or the thinking block. */
  readonly number: number;
  readonly wire: WireBlock;
  /** True once a piece of its input has come. */
  begun: boolean;
  /** Input of a block that is kept whole. */
  readonly pieces: string[];
}

/** Content before the first block. */
export function noContent(): Content {
  return { calls: 0, thoughts: 0, jsonAnswer: false, afterText: false, kept: [] };
}

/** A chunk of the one choice there is. */
export function chunk(event: ChatChunk["event"]): ChatChunk {
  return { choice: 0, event, extraJson: "" };
}

/** What only callers of this very dialect can be shown, where it stands. */
export function wireChunk(thing: Readonly<Record<string, unknown>>): ChatChunk {
  return chunk({ $case: "wire", value: { dialect: Dialect.DIALECT_ANTHROPIC_MESSAGES, json: JSON.stringify(thing) } });
}

const SAID: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set(["type", "text", "citations"]),
  tool_use: new Set(["type", "id", "name", "input"]),
};

/** Tells what a block has beside its content, and where a text begins that follows another. */
function markBlock(wire: WireBlock, type: "text" | "tool_use", apart: boolean, into: ChatChunk[]): void {
  const rest = Object.entries(wire).filter(([name, value]) => SAID[type]?.has(name) === false && value !== null);
  if (rest.length === 0 && !apart) return;
  into.push(wireChunk({ block: { ...Object.fromEntries(rest), type } }));
}

/** The chunk that opens an answer. */
export function startChunk(message: WireMessage, serviceTier: string): ChatChunk {
  const start = StartChunk.create();
  start.id = textOf(message.id);
  start.model = textOf(message.model);
  start.serviceTier = serviceTier;
  start.dialect = Dialect.DIALECT_ANTHROPIC_MESSAGES;
  start.extraJson = restOf(message);
  return chunk({ $case: "start", value: start });
}

function restOf(message: WireMessage): string {
  const rest = Object.entries(message).filter(([name, value]) => !NOT_KEPT.has(name) && value !== null);
  return rest.length === 0 ? "" : JSON.stringify(Object.fromEntries(rest));
}

function say(text: string, into: ChatChunk[]): void {
  if (text !== "") into.push(chunk({ $case: "text", value: text }));
}

function think(number: number, fields: { text?: string; signature?: string; redacted?: boolean }): ChatChunk {
  const value = { text: "", signature: "", redacted: false, id: "", block: number, ...fields };
  return chunk({ $case: "reasoning", value });
}

function call(number: number, fields: Partial<ToolCallDelta>): ChatChunk {
  const value = { call: number, id: "", name: "", argumentsJson: "", signature: "", type: "", ...fields };
  return chunk({ $case: "toolCall", value });
}

function annotate(citations: unknown, into: ChatChunk[]): void {
  if (!Array.isArray(citations) || citations.length === 0) return;
  into.push(chunk({ $case: "annotationsJson", value: JSON.stringify(citations) }));
}

function opened(kind: OpenBlock["kind"], wire: WireBlock, number: number): OpenBlock {
  return { kind, number, wire, begun: false, pieces: [] };
}

function openThought(content: Content, wire: WireBlock, into: ChatChunk[]): OpenBlock {
  const number = content.thoughts;
  content.thoughts += 1;
  if (wire.type === "redacted_thinking") {
    into.push(think(number, { signature: textOf(wire.data), redacted: true }));
  } else {
    const text = textOf(wire.thinking);
    const signature = textOf(wire.signature);
    if (text !== "" || signature !== "") into.push(think(number, { text, signature }));
  }
  return opened("thinking", wire, number);
}

function openTool(content: Content, wire: WireBlock, into: ChatChunk[]): OpenBlock {
  const name = textOf(wire.name);
  if (name === JSON_TOOL) {
    content.jsonAnswer = true;
    return opened("json", wire, 0);
  }
  const number = content.calls;
  content.calls += 1;
  markBlock(wire, "tool_use", false, into);
  into.push(call(number, { id: textOf(wire.id), name, type: "function" }));
  return opened("tool", wire, number);
}

/** Begins a block and appends what it already holds; a plain answer's blocks hold everything. */
export function openBlock(content: Content, wire: WireBlock, into: ChatChunk[]): OpenBlock {
  const { afterText } = content;
  content.afterText = wire.type === "text";
  switch (wire.type) {
    case "text":
      markBlock(wire, "text", afterText, into);
      say(textOf(wire.text), into);
      annotate(wire.citations, into);
      return opened("text", wire, 0);
    case "thinking":
    case "redacted_thinking":
      return openThought(content, wire, into);
    case "tool_use":
      return openTool(content, wire, into);
    default:
      return opened("other", { ...wire }, 0);
  }
}

/** Takes a piece of a block's text, thinking or input. */
export function addPiece(open: OpenBlock, piece: string, into: ChatChunk[]): void {
  if (piece === "") return;
  open.begun = true;
  switch (open.kind) {
    case "text":
    case "json":
      say(piece, into);
      return;
    case "thinking":
      into.push(think(open.number, { text: piece }));
      return;
    case "tool":
      into.push(call(open.number, { argumentsJson: piece }));
      return;
    case "other":
      open.pieces.push(piece);
  }
}

/** Takes a delta of a kind that is not known, or belongs to a kept block: its strings continue the block's. */
function addUnknown(open: OpenBlock, delta: Readonly<Record<string, unknown>>): void {
  if (open.kind !== "other") return;
  const wire: Record<string, unknown> = open.wire;
  for (const [name, value] of Object.entries(delta)) {
    if (name !== "type" && typeof value === "string") wire[name] = textOf(wire[name]) + value;
  }
}

/** Takes one delta; the piece if it was plain text of some kind, so that the next ones can be recognised by it. */
export function addDelta(open: OpenBlock, delta: Readonly<Record<string, unknown>>, into: ChatChunk[]): string {
  let piece: string;
  switch (delta["type"]) {
    case "text_delta":
      piece = textOf(delta["text"]);
      break;
    case "thinking_delta":
      piece = textOf(delta["thinking"]);
      break;
    case "input_json_delta":
      piece = textOf(delta["partial_json"]);
      break;
    case "signature_delta":
      into.push(think(open.number, { signature: textOf(delta["signature"]) }));
      return "";
    case "citations_delta":
      annotate([delta["citation"]], into);
      return "";
    default:
      addUnknown(open, delta);
      return "";
  }
  addPiece(open, piece, into);
  return piece;
}

/** Input that came whole; a tool without arguments has an empty object. A text is what the model wrote instead of one: not ours to hide. */
function wholeInput(wire: WireBlock): string {
  if (typeof wire.input === "string" && wire.input !== "") return wire.input;
  return isObject(wire.input) ? JSON.stringify(wire.input) : "{}";
}

function keep(content: Content, open: OpenBlock, into: ChatChunk[]): void {
  const input = open.pieces.join("");
  const block = input === "" ? open.wire : { ...open.wire, input: parsedOr(input) };
  content.kept.push(block);
  into.push(wireChunk({ block }));
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A tool the provider ran itself: its input is for the record only.
    return text;
  }
}

/** Ends a block: an input that never came in pieces is what the start held. */
export function closeBlock(content: Content, open: OpenBlock, into: ChatChunk[]): void {
  if (open.kind === "other") keep(content, open, into);
  if (open.begun) return;
  if (open.kind === "tool") into.push(call(open.number, { argumentsJson: wholeInput(open.wire) }));
  if (open.kind === "json") say(wholeInput(open.wire), into);
}

/** The chunk that ends the answer, with what the canonical form cannot say of it. */
export function finishChunk(content: Content, message: WireMessage): ChatChunk {
  const rawReason = textOf(message.stop_reason);
  // The call that stood in for a JSON answer is an answer.
  const standIn = rawReason === "tool_use" && content.jsonAnswer && content.calls === 0;
  const reason = mapFinish(standIn ? "end_turn" : rawReason);
  const extra: Record<string, unknown> = {};
  if (isObject(message.stop_details)) extra["stop_details"] = message.stop_details;
  if (content.kept.length > 0) extra["content_blocks"] = content.kept;
  return {
    choice: 0,
    event: { $case: "finish", value: { reason, rawReason, stopSequence: textOf(message.stop_sequence) } },
    extraJson: Object.keys(extra).length === 0 ? "" : JSON.stringify(extra),
  };
}

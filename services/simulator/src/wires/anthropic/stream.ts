import { mix } from "../../answer/random.ts";
import type { Answer, Piece } from "../../answer/types.ts";
import type { Step } from "../../play/steps.ts";
import { sign } from "../signature.ts";
import { THINKING } from "./check-turns.ts";
import { finishBody } from "./finish.ts";
import { type AnswerIdentity, toolId } from "./identity.ts";
import type { MessagesRequest } from "./options.ts";
import { redactedBlock } from "./response.ts";
import { outputDetails, usageBody, usageCounts } from "./usage.ts";

const PADDING = Array.from({ length: 16 }, (_, length) => " ".repeat(length));
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

/** The block that is open, and what its end needs. */
interface OpenBlock {
  readonly index: number;
  readonly key: string;
  thinking: string;
}

/** Writes the events of one answer: JSON with the trailing spaces that hide how long a token is. */
class EventWriter {
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  write(type: string, fields: string): string {
    const spaces = PADDING[mix(this.#seed, this.#count++) % PADDING.length] ?? "";
    return `event: ${type}\ndata: {"type":"${type}"${fields}${spaces}}\n\n`;
  }
}

/** The events of a streamed answer, in order. */
export function* streamSteps(chat: MessagesRequest, answer: Answer, identity: AnswerIdentity): Generator<Step> {
  const { ask } = chat;
  const counted = !ask.model.faults.has("no-usage");
  const writer = new EventWriter(ask.seed);
  const message = {
    ...identity,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    ...(counted ? { usage: usageBody(ask, 0) } : {}),
  };
  yield silent(writer.write("message_start", `,"message":${JSON.stringify(message)}`));
  const [choice] = answer.choices;
  const pieces = choice?.pieces ?? [];
  const thoughts = chat.redacted ? pieces.findLastIndex((piece) => piece.kind === "reasoning") + 1 : 0;
  if (thoughts > 0) yield* redactedSteps(pieces.slice(0, thoughts), writer);
  yield* blockSteps(pieces.slice(thoughts), writer, thoughts > 0 ? 1 : 0);
  const usage = { ...usageCounts(ask, answer.completionTokens), ...outputDetails(ask, answer) };
  const end = counted ? `,"usage":${JSON.stringify(usage)}` : "";
  yield silent(writer.write("message_delta", `,"delta":${JSON.stringify(finishBody(choice))}${end}`));
  if (!ask.model.faults.has("no-done")) yield silent(writer.write("message_stop", ""));
}

/** Withheld thoughts come whole, with the start of their block. */
function* redactedSteps(thoughts: readonly Piece[], writer: EventWriter): Generator<Step> {
  const text = thoughts.map((piece) => ("text" in piece ? piece.text : "")).join("");
  const block = JSON.stringify(redactedBlock(text));
  const start = writer.write("content_block_start", `,"index":0,"content_block":${block}`) + PING;
  yield { kind: "chunk", text: start, tokens: thoughts.length, reasoningTokens: thoughts.length };
  yield silent(writer.write("content_block_stop", ',"index":0'));
}

function* blockSteps(pieces: readonly Piece[], writer: EventWriter, first: number): Generator<Step> {
  let open: OpenBlock | undefined;
  for (const [at, piece] of pieces.entries()) {
    const key = "call" in piece ? `call ${piece.call}` : piece.kind;
    if (open?.key !== key) {
      if (open !== undefined) yield* closeSteps(open, writer);
      open = { index: (open?.index ?? first - 1) + 1, key, thinking: "" };
      yield startStep(open.index, piece, writer);
      if (piece.kind === "tool-start") continue;
    }
    if (piece.kind === "reasoning") open.thinking += piece.text;
    const bare = piece.kind === "tool-arguments" && piece.text === "{}" && pieces[at - 1]?.kind === "tool-start";
    yield token(
      deltaEvent(open.index, bare ? '{"type":"input_json_delta","partial_json":""}' : delta(piece), writer),
      piece,
    );
  }
  if (open !== undefined) yield* closeSteps(open, writer);
}

/** A block's start; the first of an answer is followed by a ping, and that of a tool by an empty fragment, in the same chunk. */
function startStep(index: number, piece: Piece, writer: EventWriter): Step {
  const start = writer.write("content_block_start", `,"index":${index},"content_block":${startBlock(piece)}`);
  const text = index === 0 ? start + PING : start;
  if (piece.kind !== "tool-start") return silent(text);
  return token(text + deltaEvent(index, '{"type":"input_json_delta","partial_json":""}', writer), piece);
}

function* closeSteps(open: OpenBlock, writer: EventWriter): Generator<Step> {
  if (open.thinking !== "") {
    const signature = JSON.stringify({ type: "signature_delta", signature: sign(THINKING, open.thinking) });
    yield silent(deltaEvent(open.index, signature, writer));
  }
  yield silent(writer.write("content_block_stop", `,"index":${open.index}`));
}

function startBlock(piece: Piece): string {
  if (piece.kind === "reasoning") return '{"type":"thinking","thinking":"","signature":""}';
  if (piece.kind !== "tool-start") return '{"type":"text","text":""}';
  const { id, name } = piece;
  return JSON.stringify({ type: "tool_use", id: toolId(id), name, input: {}, caller: { type: "direct" } });
}

function deltaEvent(index: number, json: string, writer: EventWriter): string {
  return writer.write("content_block_delta", `,"index":${index},"delta":${json}`);
}

function delta(piece: Piece): string {
  const text = JSON.stringify("text" in piece ? piece.text : "");
  if (piece.kind === "reasoning") return `{"type":"thinking_delta","thinking":${text}}`;
  if (piece.kind === "tool-arguments") return `{"type":"input_json_delta","partial_json":${text}}`;
  return `{"type":"text_delta","text":${text}}`;
}

function silent(text: string): Step {
  return { kind: "chunk", text, tokens: 0, reasoningTokens: 0 };
}

function token(text: string, piece: Piece): Step {
  return { kind: "chunk", text, tokens: 1, reasoningTokens: piece.kind === "reasoning" ? 1 : 0 };
}

/** Breaks the first event of a chunk so that its data is no JSON any more. */
export function breakEvent(text: string): string {
  const data = text.indexOf("data: ") + "data: ".length;
  const end = text.indexOf("\n\n");
  return text.slice(0, data + Math.floor((end - data) / 2)) + text.slice(end);
}

import type { Choice, Finish, Piece } from "../../answer/types.ts";
import type { GenerateRequest } from "./options.ts";
import { callSignature, textSignature } from "./signatures.ts";

/** One part of a candidate's content. */
export interface Part {
  readonly text?: string;
  readonly thought?: true;
  readonly functionCall?: { readonly name: string; readonly args: unknown; readonly id?: string };
  readonly thoughtSignature?: string;
}

/** What one event of a candidate brings: a part, and in the last one why it ended. */
export interface CandidateEvent {
  readonly part?: Part | undefined;
  /** Tokens made for it, unseen ones included. */
  readonly tokens: number;
  readonly thoughts: number;
  readonly ending?: object | undefined;
}

const REASONS: Readonly<Record<Finish, string>> = {
  stop: "STOP",
  length: "MAX_TOKENS",
  tool_calls: "STOP",
  refused: "SAFETY",
};
const CATEGORIES = ["HATE_SPEECH", "DANGEROUS_CONTENT", "HARASSMENT", "SEXUALLY_EXPLICIT"];
const ID_LENGTH = 8;

/** How sure the filter is in each category. */
export const SAFETY_RATINGS = CATEGORIES.map((name, index) => ({
  category: `HARM_CATEGORY_${name}`,
  probability: index === 0 ? "HIGH" : "NEGLIGIBLE",
}));
/** The same for a candidate, where the category that stopped it is marked. */
const STOPPED = SAFETY_RATINGS.map((rating, index) => (index === 0 ? { ...rating, blocked: true } : rating));

/** The events of one candidate. Calls come whole; thoughts that are not shown count towards the next event. */
export function* candidateEvents(chat: GenerateRequest, choice: Choice): Generator<CandidateEvent> {
  const thinks = chat.ask.model.base === "reasoner";
  const broken = choice.finish === "tool_calls" && chat.ask.model.faults.has("bad-json");
  let waiting: CandidateEvent | undefined;
  let tokens = 0;
  let thoughts = 0;
  for (const [index, piece] of choice.pieces.entries()) {
    tokens++;
    if (piece.kind === "reasoning") thoughts++;
    const part = broken ? undefined : partOf(chat, choice.pieces, index);
    if (part === undefined) continue;
    if (waiting !== undefined) yield waiting;
    waiting = { part, tokens, thoughts };
    tokens = 0;
    thoughts = 0;
  }
  const ending = broken ? malformed(choice) : endingOf(choice);
  // A model that does not think says why it ended with its last text, one that thinks in an event of its own.
  if (waiting?.part?.text !== undefined && !thinks && tokens === 0 && choice.finish !== "refused") {
    yield { ...waiting, ending };
    return;
  }
  if (waiting !== undefined) yield waiting;
  yield {
    part: broken || choice.finish === "refused" ? undefined : lastPart(choice, thinks),
    tokens,
    thoughts,
    ending,
  };
}

function lastPart({ pieces }: Choice, thinks: boolean): Part {
  const text = pieces.map((piece) => (piece.kind === "content" ? piece.text : "")).join("");
  return thinks && text !== "" ? { text: "", thoughtSignature: textSignature(text) } : { text: "" };
}

function partOf(chat: GenerateRequest, pieces: readonly Piece[], index: number): Part | undefined {
  const piece = pieces[index];
  if (piece?.kind === "reasoning") return chat.includeThoughts ? { text: piece.text, thought: true } : undefined;
  if (piece?.kind === "content" || piece?.kind === "refusal") return { text: piece.text };
  const next = pieces[index + 1];
  if (piece?.kind !== "tool-arguments" || next?.kind === "tool-arguments") return undefined;
  const start = pieces.find((one) => one.kind === "tool-start" && one.call === piece.call);
  const args = parse(textOf(pieces, piece.call));
  // A call cut by the output limit never arrives: this wire has no half calls.
  if (start?.kind !== "tool-start" || args === undefined) return undefined;
  const { name, id } = start;
  if (chat.ask.model.base !== "reasoner") return { functionCall: { name, args } };
  const functionCall = { name, args, id: id.slice("call_".length, "call_".length + ID_LENGTH).toLowerCase() };
  return piece.call === 0 ? { functionCall, thoughtSignature: callSignature(name, args) } : { functionCall };
}

function textOf(pieces: readonly Piece[], call: number): string {
  return pieces.map((piece) => (piece.kind === "tool-arguments" && piece.call === call ? piece.text : "")).join("");
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function endingOf({ index, finish }: Choice): object {
  const ratings = finish === "refused" ? { safetyRatings: STOPPED } : {};
  return { finishReason: REASONS[finish], index, ...ratings };
}

function malformed({ index, pieces }: Choice): object {
  const finishMessage = `Malformed function call: ${textOf(pieces, 0)}`;
  return { finishReason: "MALFORMED_FUNCTION_CALL", index, finishMessage };
}

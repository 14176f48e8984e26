import { mix } from "../../answer/random.ts";
import type { Answer, Choice, Piece } from "../../answer/types.ts";
import type { Step } from "../../play/steps.ts";
import type { AnswerIdentity } from "./identity.ts";
import { tokenLogprob } from "./logprobs.ts";
import type { ChatRequest } from "./options.ts";
import { finishReason } from "./response.ts";
import { usageBody } from "./usage.ts";

/** Random-looking padding hides token lengths from eavesdroppers; one text per length, as many as are ever needed. */
const PADDING = Array.from({ length: 16 }, (_, length) => "kX4bQ9sLw2Zr7TvM".slice(0, length));

/** Everything of a chunk that is the same throughout one answer, as ready JSON. */
interface Frame {
  readonly before: string;
  readonly after: string;
  readonly obfuscate: boolean;
  readonly seed: number;
  count: number;
}

/** The chunks of a streamed answer, in order, one event each; the choices take turns. */
export function* streamSteps(chat: ChatRequest, answer: Answer, identity: AnswerIdentity): Generator<Step> {
  const frame = newFrame(chat, identity);
  for (const choice of answer.choices) {
    const text = event(frame, choiceJson(choice.index, openingDelta(choice), "null", null));
    yield { kind: "chunk", text, tokens: opensWithCall(choice) ? 1 : 0, reasoningTokens: 0 };
  }
  const longest = Math.max(...answer.choices.map((choice) => choice.pieces.length));
  for (let at = 0; at < longest; at++) {
    for (const choice of answer.choices) {
      const piece = choice.pieces[at];
      if (piece !== undefined && !(at === 0 && opensWithCall(choice))) yield pieceStep(chat, frame, choice, piece, at);
    }
  }
  for (const choice of answer.choices)
    yield silent(event(frame, choiceJson(choice.index, "{}", "null", finishReason(choice.finish))));
  const { faults } = chat.ask.model;
  if (chat.options.includeUsage && !faults.has("no-usage")) {
    const usage = JSON.stringify(usageBody(chat.ask, answer));
    yield silent(`${frame.before}],"usage":${usage}${padding(frame)}}\n\n`);
  }
  if (!faults.has("no-done")) yield silent("data: [DONE]\n\n");
}

/** Breaks an event so that its data is no JSON any more. */
export function breakEvent(text: string): string {
  return `${text.slice(0, Math.max(7, Math.floor(text.length / 2)))}\n\n`;
}

function newFrame(chat: ChatRequest, identity: AnswerIdentity): Frame {
  const head = JSON.stringify({
    id: identity.id,
    object: "chat.completion.chunk",
    created: identity.created,
    model: identity.model,
    service_tier: identity.serviceTier,
    system_fingerprint: identity.fingerprint,
  });
  return {
    before: `data: ${head.slice(0, -1)},"choices":[`,
    after: chat.options.includeUsage ? '],"usage":null' : "]",
    obfuscate: chat.options.obfuscate,
    seed: chat.ask.seed,
    count: 0,
  };
}

function padding(frame: Frame): string {
  if (!frame.obfuscate) return "";
  return `,"obfuscation":"${PADDING[mix(frame.seed, frame.count++) % PADDING.length]}"`;
}

function event(frame: Frame, choice: string): string {
  return `${frame.before}${choice}${frame.after}${padding(frame)}}\n\n`;
}

function choiceJson(index: number, delta: string, logprobs: string, finish: string | null): string {
  return `{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish === null ? "null" : `"${finish}"`}}`;
}

function silent(text: string): Step {
  return { kind: "chunk", text, tokens: 0, reasoningTokens: 0 };
}

/** A lone tool call starts in the chunk that names the role; several calls start in chunks of their own. */
function opensWithCall(choice: Choice): boolean {
  return (
    choice.pieces[0]?.kind === "tool-start" && choice.pieces.every((piece) => !("call" in piece) || piece.call === 0)
  );
}

function openingDelta(choice: Choice): string {
  const first = choice.pieces[0];
  if (first !== undefined && opensWithCall(choice)) {
    return `{"role":"assistant","content":null,${pieceDelta(first).slice(1, -1)},"refusal":null}`;
  }
  const calls = choice.pieces.some((piece) => piece.kind === "tool-start");
  return calls ? '{"role":"assistant","content":null}' : '{"role":"assistant","content":"","refusal":null}';
}

function pieceStep(chat: ChatRequest, frame: Frame, choice: Choice, piece: Piece, at: number): Step {
  const { topLogprobs } = chat.options;
  const logprobs =
    topLogprobs === undefined || piece.kind !== "content"
      ? "null"
      : JSON.stringify({ content: [tokenLogprob(piece.text, topLogprobs, chat.ask.seed + at)], refusal: null });
  const text = event(frame, choiceJson(choice.index, pieceDelta(piece), logprobs, null));
  return { kind: "chunk", text, tokens: 1, reasoningTokens: piece.kind === "reasoning" ? 1 : 0 };
}

function pieceDelta(piece: Piece): string {
  switch (piece.kind) {
    case "content":
      return `{"content":${JSON.stringify(piece.text)}}`;
    case "reasoning":
      return `{"reasoning_content":${JSON.stringify(piece.text)}}`;
    case "refusal":
      return `{"refusal":${JSON.stringify(piece.text)}}`;
    case "tool-start":
      return `{"tool_calls":[${JSON.stringify({ index: piece.call, id: piece.id, type: "function", function: { name: piece.name, arguments: "" } })}]}`;
    case "tool-arguments":
      return `{"tool_calls":[{"index":${piece.call},"function":{"arguments":${JSON.stringify(piece.text)}}}]}`;
  }
}

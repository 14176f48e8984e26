import { mix, type Random, seededRandom } from "./random.ts";
import { schemaInstance } from "./schema-instance.ts";
import { cutAtStop } from "./stop-sequence.ts";
import { splitEvery, splitWords, topicOf, writeExactly, writeLoop, writeSentences, writeThoughts } from "./text.ts";
import { breakIfAsked, callPieces, planCalls } from "./tool-plan.ts";
import type { Answer, Ask, Choice, Piece } from "./types.ts";

/** No answer is longer than this, whatever a request allows. */
export const OUTPUT_TOKENS_MAX = 100_000;
/** What `exact` answers when the request has no output limit. */
const EXACT_TOKENS_DEFAULT = 256;
const LOOP_TOKENS = 400;
const JSON_PIECE_LENGTH = 5;
const TOOL_RESULT_LENGTH_MAX = 80;
const REFUSAL = "I'm sorry, but I can't assist with that request.";

const REFUSED_LATE = 1;
const REFUSED_IN_WORDS = 2;
const REFUSED_LATE_TOKENS = 8;

type Ending = Omit<Choice, "index">;

const SENTENCES = { small: [2, 3], large: [6, 6], reasoner: [2, 4], exact: [2, 1] } as const;
const THOUGHT_TOKENS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 0,
  low: 16,
  medium: 40,
  high: 120,
  xhigh: 240,
  max: 480,
};

/** Plans the whole answer to a request: pure, the same for the same request and seed. */
export function planAnswer(ask: Ask): Answer {
  const choices: Choice[] = [];
  let completionTokens = 0;
  let reasoningTokens = 0;
  for (let index = 0; index < ask.choices; index++) {
    const choice = planChoice(ask, index);
    choices.push(choice);
    completionTokens += choice.pieces.length;
    for (const piece of choice.pieces) if (piece.kind === "reasoning") reasoningTokens++;
  }
  return { choices, completionTokens, reasoningTokens };
}

function planChoice(ask: Ask, index: number): Choice {
  const random = seededRandom(mix(ask.seed, index));
  if (ask.model.base === "exact" && !ask.model.faults.has("length")) return exactChoice(ask, index, random);
  const natural = naturalPieces(ask, random);
  const limit = Math.min(ask.maxTokens ?? OUTPUT_TOKENS_MAX, OUTPUT_TOKENS_MAX);
  if (natural.pieces.length <= limit) return { index, ...natural };
  return { index, pieces: natural.pieces.slice(0, limit), finish: "length" };
}

/** Uses the whole output limit and nothing else, so that the bill equals the worst case. */
function exactChoice(ask: Ask, index: number, random: Random): Choice {
  const tokens = Math.min(ask.maxTokens ?? EXACT_TOKENS_DEFAULT, OUTPUT_TOKENS_MAX);
  const pieces = textPieces("content", writeExactly(random, topicOf(ask.prompt), tokens));
  return { index, pieces, finish: ask.model.faults.has("stop") ? "stop" : "length" };
}

function naturalPieces(ask: Ask, random: Random): Ending {
  const { faults } = ask.model;
  if (faults.has("empty")) return { pieces: [], finish: "stop" };
  if (faults.has("whitespace")) return { pieces: textPieces("content", ["\n", "\n", "   "]), finish: "stop" };
  const refusal = faults.get("refusal");
  if (refusal !== undefined) return refusedPieces(ask, random, refusal);
  const thoughts = ask.model.base === "reasoner" ? textPieces("reasoning", thoughtWords(ask)) : [];
  const calls = planCalls(ask);
  if (calls.length > 0) return { pieces: [...thoughts, ...callPieces(ask, calls, random)], finish: "tool_calls" };
  const { pieces: words, sequence } = cutAtStop(contentWords(ask, random), ask.stop);
  return {
    pieces: thoughts.length === 0 ? textPieces("content", words) : [...thoughts, ...textPieces("content", words)],
    finish: "stop",
    stopSequence: sequence,
  };
}

/** The three ways to decline: the wire's own, the same after some content, and in plain words as if nothing was. */
function refusedPieces(ask: Ask, random: Random, way: number): Ending {
  if (way === REFUSED_IN_WORDS) return { pieces: textPieces("content", splitWords(REFUSAL)), finish: "stop" };
  if (way === REFUSED_LATE) {
    const begun = writeExactly(random, topicOf(ask.prompt), REFUSED_LATE_TOKENS);
    return { pieces: textPieces("content", begun), finish: "refused" };
  }
  if (ask.silentRefusal) return { pieces: [], finish: "refused" };
  return { pieces: textPieces("refusal", splitWords(REFUSAL)), finish: "stop" };
}

function thoughtWords(ask: Ask): string[] {
  return writeThoughts(topicOf(ask.prompt), THOUGHT_TOKENS[ask.reasoningEffort] ?? THOUGHT_TOKENS["medium"] ?? 0);
}

function contentWords(ask: Ask, random: Random): string[] {
  const { base, faults } = ask.model;
  const topic = topicOf(ask.prompt);
  const length = faults.get("length");
  if (faults.has("loop")) return writeLoop(topic, length ?? Math.max(LOOP_TOKENS, ask.maxTokens ?? 0));
  if (length !== undefined) return writeExactly(random, topic, length);
  if (ask.format.kind !== "text" || faults.has("bad-json")) {
    return splitEvery(breakIfAsked(ask, JSON.stringify(jsonAnswer(ask, topic, random))), JSON_PIECE_LENGTH);
  }
  const [least, more] = SENTENCES[base];
  return writeSentences(random, topic, least + random.integer(more), factsOf(ask));
}

function jsonAnswer(ask: Ask, topic: string, random: Random): unknown {
  if (ask.format.kind === "schema") return schemaInstance(ask.format.schema, random, topic);
  return { topic, answer: writeSentences(random, topic, 2).join(""), confidence: (50 + random.integer(50)) / 100 };
}

/** Sentences about what the request brought along besides text. */
function factsOf(ask: Ask): string[] {
  const facts: string[] = [];
  if (ask.images > 0) facts.push(`I looked at ${ask.images} ${ask.images === 1 ? "image" : "images"}.`);
  if (ask.toolResult !== undefined) {
    const result = ask.toolResult.slice(0, TOOL_RESULT_LENGTH_MAX).replaceAll(/\s+/g, " ").trim().toWellFormed();
    facts.push(`The tool reported: ${result}.`);
  }
  return facts;
}

function textPieces(kind: "reasoning" | "content" | "refusal", texts: readonly string[]): Piece[] {
  return texts.map((text) => ({ kind, text }));
}

import type { Answer, Choice } from "../../answer/types.ts";
import { candidateEvents, type Part, SAFETY_RATINGS } from "./candidate.ts";
import type { AnswerIdentity } from "./identity.ts";
import type { GenerateRequest } from "./options.ts";
import { type Made, usageBody } from "./usage.ts";

const BLOCKED = { blockReason: "SAFETY", safetyRatings: SAFETY_RATINGS };

/** True for an answer of which nothing exists but the refusal of its prompt. */
export function isBlocked({ choices }: Answer): boolean {
  return choices.every((choice) => choice.finish === "refused" && choice.pieces.length === 0);
}

/** One response object: candidates (none for a blocked prompt), usage and the answer's name. */
export function responseBody(
  { ask }: GenerateRequest,
  identity: AnswerIdentity,
  made: Made,
  candidates: readonly object[] | undefined,
) {
  return {
    ...(candidates === undefined ? { promptFeedback: BLOCKED } : { candidates }),
    ...(ask.model.faults.has("no-usage") ? {} : { usageMetadata: usageBody(ask, made) }),
    ...identity,
  };
}

/** The body of a plain answer. */
export function generateBody(chat: GenerateRequest, answer: Answer, identity: AnswerIdentity) {
  const made = { tokens: answer.completionTokens, thoughts: answer.reasoningTokens };
  const candidates = isBlocked(answer) ? undefined : answer.choices.map((choice) => candidate(chat, choice));
  return responseBody(chat, identity, made, candidates);
}

function candidate(chat: GenerateRequest, choice: Choice): object {
  const parts: Part[] = [];
  let ending: object | undefined;
  for (const event of candidateEvents(chat, choice)) {
    if (event.part !== undefined) addPart(parts, event.part);
    ending = event.ending ?? ending;
  }
  const shown = parts.filter((part) => part.text !== "" || part.thoughtSignature !== undefined);
  const content = shown.length === 0 ? { role: "model" } : { parts: shown, role: "model" };
  const called = shown.some((part) => part.functionCall !== undefined);
  return { content, ...ending, ...(called ? { finishMessage: "Model generated function call(s)." } : {}) };
}

/** Joins neighbouring texts, as a plain answer has them; a signature stands on the text it ends. */
function addPart(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  const joins =
    last?.text !== undefined &&
    part.text !== undefined &&
    last.thought === part.thought &&
    last.thoughtSignature === undefined;
  if (!joins) parts.push(part);
  else parts[parts.length - 1] = { ...last, ...part, text: `${last.text}${part.text}` };
}

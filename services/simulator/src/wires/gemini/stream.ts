import type { Answer } from "../../answer/types.ts";
import type { Step } from "../../play/steps.ts";
import { type CandidateEvent, candidateEvents } from "./candidate.ts";
import { errorBody, IN_BAND } from "./errors.ts";
import type { AnswerIdentity } from "./identity.ts";
import type { GenerateRequest } from "./options.ts";
import { isBlocked, responseBody } from "./response.ts";

const EVENT_END = "\r\n\r\n";
const ARRAY_NEXT = "\n,\r\n";

/** The events of a streamed answer, in order; each is a whole response with the usage so far. */
export function* streamSteps(chat: GenerateRequest, answer: Answer, identity: AnswerIdentity): Generator<Step> {
  let passed = 0;
  let tokens = 0;
  let thoughts = 0;
  const step = (event: CandidateEvent, candidates: readonly object[] | undefined): Step => {
    tokens += event.tokens;
    thoughts += event.thoughts;
    const json = JSON.stringify(responseBody(chat, identity, { tokens, thoughts }, candidates));
    return { kind: "chunk", text: frame(chat, json, passed++), tokens: event.tokens, reasoningTokens: event.thoughts };
  };
  if (isBlocked(answer)) yield step({ tokens: 0, thoughts: 0 }, undefined);
  else {
    for (const choice of answer.choices) {
      for (const event of candidateEvents(chat, choice)) {
        const content = event.part === undefined ? {} : { parts: [event.part], role: "model" };
        yield step(event, [{ content, ...(event.ending ?? { index: choice.index }) }]);
      }
    }
  }
  const open = chat.framing === "array" && !chat.ask.model.faults.has("no-done");
  if (open) yield { kind: "chunk", text: "\n]\n", tokens: 0, reasoningTokens: 0 };
}

function frame({ framing }: GenerateRequest, json: string, passed: number): string {
  if (framing === "sse") return `data: ${json}${EVENT_END}`;
  return passed === 0 ? `[${json}` : `${ARRAY_NEXT}${json}`;
}

/** The error in place of the next event; an array ends after it. */
export function failureEvent(chat: GenerateRequest, passed: number): string {
  const event = frame(chat, JSON.stringify(errorBody(IN_BAND)), passed);
  return chat.framing === "sse" ? event : `${event}\n]\n`;
}

/** Breaks an event so that its data is no JSON any more. */
export function breakEvent({ framing }: GenerateRequest, text: string): string {
  const half = text.slice(0, Math.max("data: {".length, Math.floor(text.length / 2)));
  return framing === "sse" ? `${half}${EVENT_END}` : half;
}

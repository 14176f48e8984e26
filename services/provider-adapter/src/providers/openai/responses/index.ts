import type { AnswerReaders } from "../../../provider.ts";
import { mapError } from "../errors.ts";
import { mapResponsesAnswer } from "./answer.ts";
import { openResponsesStream } from "./stream.ts";

/** Reads answers of OpenAI's Responses, whoever speaks that wire. */
export function openaiResponses(name: string): AnswerReaders {
  const source = { name };
  return {
    name,
    mapResponse: (body) => mapResponsesAnswer(body, source),
    openStream: () => openResponsesStream(source),
    mapError: (failure) => mapError(source, failure, Date.now()),
  };
}

import type { Door } from "../../door.ts";
import { type ChatDialect, runChat } from "../../pipeline.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { answerPlain } from "./answer-plain.ts";
import { answerStream } from "./answer-stream.ts";
import { chatParser } from "./request.ts";

/** OpenAI's chat requests and answers, within a door's limits. */
export function chatDialect(door: Door): ChatDialect {
  const { config } = door;
  const limits = {
    choicesMax: config.choices_max,
    messagesMax: config.messages_max,
    toolsMax: config.tools_max,
    partsMax: config.parts_max,
  };
  return {
    parse: chatParser(limits),
    answer: (exchange, chat, answer) =>
      chat.stream
        ? answerStream(door, exchange, answer, chat.streamOptions?.includeUsage ?? false)
        : answerPlain(exchange, answer),
  };
}

/** `POST /v1/chat/completions`: OpenAI's chat, plain and streamed. */
export const chatCompletions: EndpointFactory = (door) => {
  const dialect = chatDialect(door);
  return { method: "POST", path: "/v1/chat/completions", handle: (exchange) => runChat(door, exchange, { dialect }) };
};

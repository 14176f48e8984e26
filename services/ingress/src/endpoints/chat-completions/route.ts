import { type ChatDialect, runChat } from "../../pipeline.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { answerPlain } from "./answer-plain.ts";
import { answerStream } from "./answer-stream.ts";
import { chatParser } from "./request.ts";

/** `POST /v1/chat/completions`: OpenAI's chat, plain and streamed. */
export const chatCompletions: EndpointFactory = (door) => {
  const { config } = door;
  const limits = {
    choicesMax: config.choices_max,
    messagesMax: config.messages_max,
    toolsMax: config.tools_max,
    partsMax: config.parts_max,
  };
  const dialect: ChatDialect = {
    parse: chatParser(limits),
    answer: (exchange, chat, answer) =>
      chat.stream
        ? answerStream(door, exchange, answer, chat.streamOptions?.includeUsage ?? false)
        : answerPlain(exchange, answer),
  };
  return { method: "POST", path: "/v1/chat/completions", handle: (exchange) => runChat(door, exchange, dialect) };
};

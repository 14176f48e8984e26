import type { Door } from "../../door.ts";
import { type ChatDialect, runChat } from "../../pipeline.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { ChunkPrinter, errorEvent } from "./chunk-printer.ts";
import { chatParser } from "./request.ts";
import { printCompletion } from "./response.ts";

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
    printer: ({ streamOptions }) => ({
      whole: printCompletion,
      open: (opening) => new ChunkPrinter({ ...opening, includeUsage: streamOptions?.includeUsage ?? false }),
      fail: errorEvent,
    }),
  };
}

/** `POST /v1/chat/completions`: OpenAI's chat, plain and streamed. */
export const chatCompletions: EndpointFactory = (door) => {
  const dialect = chatDialect(door);
  return { method: "POST", path: "/v1/chat/completions", handle: (exchange) => runChat(door, exchange, { dialect }) };
};

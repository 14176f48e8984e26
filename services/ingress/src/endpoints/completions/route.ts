import { SluiceError } from "@sluice/platform/errors";
import { type ChatDialect, runChat } from "../../pipeline.ts";
import { readPurpose } from "../../steps/read-purpose.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { routeEach } from "./each-prompt.ts";
import { completionPrinter } from "./printer.ts";
import { type CompletionRequest, completionParser } from "./request.ts";

/** `POST /v1/completions`: OpenAI's older dialect, plain and streamed, asked as chats. */
export const completions: EndpointFactory = (door) => {
  const { config } = door;
  const parse = completionParser({
    choicesMax: config.choices_max,
    messagesMax: config.messages_max,
    toolsMax: config.tools_max,
    partsMax: config.parts_max,
  });
  return {
    method: "POST",
    path: "/v1/completions",
    handle: (exchange) => runChat(door, exchange, { dialect: dialectOf(parse) }),
  };
};

/** The dialect for one request: several prompts are asked as several chats. */
function dialectOf(parse: (raw: unknown) => CompletionRequest): ChatDialect {
  let asked: CompletionRequest | undefined;
  const request = (): CompletionRequest => {
    if (asked !== undefined) return asked;
    throw new SluiceError("internal", "An answer was to be given before its request was read.");
  };
  return {
    parse: (raw, { request: { headers } }) => {
      asked = parse(raw);
      const [chat] = asked.chats;
      if (chat === undefined) throw new SluiceError("internal", "A completion without a prompt was let in.");
      if (asked.chats.length > 1 && readPurpose(headers) === "estimate") throw oneAtATime();
      return chat;
    },
    printer: () => completionPrinter(request()),
    route: (door, exchange, admitted) => routeEach(door, exchange, admitted, request()),
  };
}

function oneAtATime(): SluiceError {
  const message = "An estimate is made for one prompt at a time; send each prompt in a request of its own.";
  return new SluiceError("invalid_request", message, { details: { param: "prompt" } });
}

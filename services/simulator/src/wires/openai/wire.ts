import type { ChatWire } from "../../serve/wire.ts";
import { openaiDoor, refusal } from "./door.ts";
import { errorBody, IN_BAND, invalid } from "./errors.ts";
import { newIdentity } from "./identity.ts";
import type { ChatRequest } from "./options.ts";
import { readChatRequest } from "./request.ts";
import { completionBody } from "./response.ts";
import { breakEvent, streamSteps } from "./stream.ts";

const FAILURE_EVENT = `data: ${JSON.stringify(errorBody(IN_BAND))}\n\n`;

/** `POST /v1/chat/completions`. */
export const openaiWire: ChatWire<ChatRequest> = {
  ...openaiDoor,
  asked: (_exchange, body) => {
    const { model, stream } = body;
    if (typeof model === "string") return { model, stream: stream === true };
    return refusal(invalid("You must provide a model parameter.", "model", "missing_required_parameter"));
  },
  read: (_exchange, body, model) => {
    const read = readChatRequest(body, model);
    return "status" in read ? refusal(read) : read;
  },
  present: (chat, answer) => {
    const identity = newIdentity(chat.ask.model, chat.options.serviceTier);
    return {
      streamType: "text/event-stream; charset=utf-8",
      body: () => completionBody(chat, answer, identity),
      steps: () => streamSteps(chat, answer, identity),
      failure: () => FAILURE_EVENT,
      breakEvent,
    };
  },
};

import type { ChatWire } from "../../serve/wire.ts";
import { anthropicDoor } from "./door.ts";
import { errorBody, IN_BAND, invalid } from "./errors.ts";
import { newIdentity } from "./identity.ts";
import type { MessagesRequest } from "./options.ts";
import { readMessagesRequest } from "./request.ts";
import { messageBody } from "./response.ts";
import { breakEvent, streamSteps } from "./stream.ts";

const FAILURE_EVENT = `event: error\ndata: ${JSON.stringify(errorBody(IN_BAND.type, IN_BAND.message))}\n\n`;

/** `POST /v1/messages`. */
export const anthropicWire: ChatWire<MessagesRequest> = {
  ...anthropicDoor,
  asked: (_exchange, { model, stream }) =>
    typeof model === "string" ? { model, stream: stream === true } : invalid("model: Field required"),
  read: readMessagesRequest,
  present: (chat, answer) => {
    const identity = newIdentity(chat.ask.model);
    return {
      streamType: "text/event-stream; charset=utf-8",
      body: () => messageBody(chat, answer, identity),
      steps: () => streamSteps(chat, answer, identity),
      failure: () => FAILURE_EVENT,
      breakEvent,
    };
  },
};

import type { ChatWire } from "../../serve/wire.ts";
import { geminiDoor } from "./door.ts";
import { newIdentity } from "./identity.ts";
import type { GenerateRequest } from "./options.ts";
import { modelOf } from "./paths.ts";
import { readGenerateRequest } from "./request.ts";
import { generateBody } from "./response.ts";
import { breakEvent, failureEvent, streamSteps } from "./stream.ts";

/** `POST /v1beta/models/{model}:generateContent` (also under `/v1`) and `:streamGenerateContent`. */
export const geminiWire: ChatWire<GenerateRequest> = {
  ...geminiDoor,
  asked: ({ path }) => ({ model: modelOf(path), stream: path.endsWith(":streamGenerateContent") }),
  read: readGenerateRequest,
  present: (chat, answer) => {
    const identity = newIdentity(chat.ask.model);
    return {
      streamType: chat.framing === "sse" ? "text/event-stream" : "application/json; charset=UTF-8",
      body: () => generateBody(chat, answer, identity),
      steps: () => streamSteps(chat, answer, identity),
      failure: (passed) => failureEvent(chat, passed),
      breakEvent: (text) => breakEvent(chat, text),
    };
  },
};

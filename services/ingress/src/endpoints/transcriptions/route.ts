import { readForm } from "../../tasks/read-form.ts";
import { runTask } from "../../tasks/run-task.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { readTranscription } from "./request.ts";

/** `POST /v1/audio/transcriptions`: the text of a recording, as OpenAI's clients ask for it. */
export const transcriptions: EndpointFactory = (door) => ({
  method: "POST",
  path: "/v1/audio/transcriptions",
  handle: (exchange) => runTask(door, exchange, { readBody: readForm, read: readTranscription }),
});

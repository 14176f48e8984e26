import { runTask } from "../../tasks/run-task.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { readEmbeddings } from "./request.ts";

/** `POST /v1/embeddings`: vectors for texts, as OpenAI's clients ask for them. */
export const embeddings: EndpointFactory = (door) => ({
  method: "POST",
  path: "/v1/embeddings",
  handle: (exchange) => runTask(door, exchange, { read: readEmbeddings }),
});

import { chatCompletions } from "./chat-completions/route.ts";
import { embeddings } from "./embeddings/route.ts";
import type { EndpointFactory } from "./endpoint.ts";
import { estimate } from "./estimate/route.ts";
import { alive, ready } from "./health/route.ts";
import { countTokens, messages } from "./messages/route.ts";
import { metricsText } from "./metrics/route.ts";
import { listModels, showModel } from "./models/route.ts";
import { deleteResponse, listInputItems, showResponse } from "./responses/kept-route.ts";
import { createResponse } from "./responses/route.ts";
import { closeSession, openSession, showSession } from "./sessions/route.ts";

/** Every route of the door, one line each. */
export const ENDPOINTS: readonly EndpointFactory[] = [
  chatCompletions,
  embeddings,
  createResponse,
  showResponse,
  deleteResponse,
  listInputItems,
  estimate,
  messages,
  countTokens,
  listModels,
  showModel,
  openSession,
  showSession,
  closeSession,
  alive,
  ready,
  metricsText,
];

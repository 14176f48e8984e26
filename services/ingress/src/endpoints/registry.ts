import { chatCompletions } from "./chat-completions/route.ts";
import { completions } from "./completions/route.ts";
import { embeddings } from "./embeddings/route.ts";
import type { EndpointFactory } from "./endpoint.ts";
import { estimate } from "./estimate/route.ts";
import { listGeminiModels, showGeminiModel } from "./gemini/models-route.ts";
import { generateContent, generateContentV1 } from "./gemini/route.ts";
import { alive, ready } from "./health/route.ts";
import { imageGenerations } from "./images/route.ts";
import { countTokens, messages } from "./messages/route.ts";
import { metricsText } from "./metrics/route.ts";
import { listModels, showModel } from "./models/route.ts";
import { moderations } from "./moderations/route.ts";
import { rerank, rerankNewer } from "./rerank/route.ts";
import { deleteResponse, listInputItems, showResponse } from "./responses/kept-route.ts";
import { countInputTokens, createResponse } from "./responses/route.ts";
import { closeSession, openSession, showSession } from "./sessions/route.ts";
import { speech } from "./speech/route.ts";
import { transcriptions } from "./transcriptions/route.ts";

/** Every route of the door, one line each. */
export const ENDPOINTS: readonly EndpointFactory[] = [
  chatCompletions,
  completions,
  embeddings,
  rerank,
  rerankNewer,
  moderations,
  imageGenerations,
  speech,
  transcriptions,
  createResponse,
  countInputTokens,
  showResponse,
  deleteResponse,
  listInputItems,
  estimate,
  messages,
  countTokens,
  generateContent,
  generateContentV1,
  listGeminiModels,
  showGeminiModel,
  listModels,
  showModel,
  openSession,
  showSession,
  closeSession,
  alive,
  ready,
  metricsText,
];

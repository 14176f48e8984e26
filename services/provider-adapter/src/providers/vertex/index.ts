import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { AnswerReaders, MappedRequest, ModelEntry, Place, Provider, ProviderSettings } from "../../provider.ts";
import { anthropicMessages } from "../anthropic/compatible.ts";
import { mapBody } from "../anthropic/request.ts";
import { geminiGenerate } from "../gemini/compatible.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { openCredential } from "./credential.ts";
import { modelsAt } from "./models.ts";

/** The version of Anthropic's Messages that is spoken here. */
const MESSAGES_VERSION = "vertex-2023-10-16";
const GLOBAL = "global";

const BARE = { name: "vertex", baseUrl: undefined, models: [] } as const;

function addressOf({ location = GLOBAL }: Place): string {
  return location === GLOBAL
    ? "https://aiplatform.googleapis.com/v1"
    : `https://${location}-aiplatform.googleapis.com/v1`;
}

/** The part of a path that says on whose account; with an API key nothing does. */
function accountOf({ project, location = GLOBAL }: Place): string {
  return project === undefined ? "" : `/projects/${encodeURIComponent(project)}/locations/${location}`;
}

/** Anthropic's Messages: the model stands in the path instead of the body, and the version the other way round. */
function mapMessages(request: ChatRequest, model: string, entry: ModelEntry): MappedRequest {
  const { body, betas, warnings } = mapBody("vertex", request, model, entry);
  const { model: _inPath, ...rest } = body;
  return {
    path: `/publishers/anthropic/models/${encodeURIComponent(model)}:${request.stream ? "streamRawPredict" : "rawPredict"}`,
    headers: {
      "content-type": "application/json",
      accept: request.stream ? "text/event-stream" : "application/json",
      ...(betas.size > 0 && { "anthropic-beta": [...betas].join(",") }),
    },
    body: JSON.stringify({ anthropic_version: MESSAGES_VERSION, ...rest }),
    warnings: warnings.list(),
  };
}

/** Which of the three wires a model speaks, by its name or, under a deployment's, by its entry's. */
function wireOf(model: string, entry: ModelEntry): "messages" | "chat" | "generate" {
  if (/^claude-/.test(model) || /^claude-/.test(entry.id)) return "messages";
  return model.includes("/") && !model.startsWith("publishers/") ? "chat" : "generate";
}

/**
 * Google's Vertex AI: Gemini, Anthropic's models and open ones, each in its own wire. Google runs to the end and bills in full when a caller
 * leaves, so the answer is read to its end.
 */
export function vertex(settings: ProviderSettings): Provider {
  const place = settings.place ?? {};
  const account = accountOf(place);
  const provider = geminiGenerate({
    name: "vertex",
    baseUrl: addressOf(place),
    models: modelsAt(place.location),
    placeKeys: ["project", "location"],
    openSigner: (credential, tools) => openCredential(place.project, credential, tools),
    settings,
  });
  const messages: AnswerReaders = anthropicMessages(BARE);
  const chat = openaiCompatible(BARE);
  return {
    ...provider,
    // Embeddings have another wire here than at the Gemini API.
    mapTask: undefined,
    mapChat: (request, model, entry) => {
      const wire = wireOf(model, entry);
      if (wire === "messages") {
        const mapped = mapMessages(request, model, entry);
        return { ...mapped, path: account + mapped.path, readers: messages };
      }
      if (wire === "chat") {
        const mapped = chat.mapChat(request, model, entry);
        return { ...mapped, path: `${account}/endpoints/openapi${mapped.path}`, readers: chat };
      }
      const mapped = provider.mapChat(request, model, entry);
      return { ...mapped, path: `${account}/publishers/google${mapped.path}` };
    },
  };
}

import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { rerank } from "../rerank-wire.ts";
import { embeddings } from "./embeddings.ts";
import { errors } from "./errors.ts";
import { models } from "./models.ts";
import { mapChat } from "./request.ts";
import { mapResponse } from "./response.ts";
import { openStream } from "./stream.ts";

const SOURCE = { name: "cohere", errors };

/**
 * Cohere: the second version of its chat, its embeddings and reranks. Closing the connection stops generation and billing.
 * https://docs.cohere.com/reference/chat, https://docs.cohere.com/reference/embed, https://docs.cohere.com/reference/rerank
 */
export function cohere(settings: ProviderSettings): Provider {
  const provider = openaiCompatible({
    name: "cohere",
    baseUrl: "https://api.cohere.com",
    models,
    environmentVariables: ["COHERE_API_KEY", "CO_API_KEY"],
    tasks: (source) => ({
      embeddings: embeddings(source),
      rerank: rerank(source, {
        path: "/v2/rerank",
        tokensField: "max_tokens_per_doc",
        repeatsDocuments: false,
      }),
    }),
    wire: { errors },
    settings,
  });
  return {
    ...provider,
    mapChat,
    mapResponse: (body) => mapResponse(body, SOURCE),
    openStream: () => openStream(SOURCE),
  };
}

import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { rerank } from "../rerank-wire.ts";
import { embeddings } from "./embeddings.ts";
import { models } from "./models.ts";

/** Cohere's embeddings and reranks. https://docs.cohere.com/reference/embed, https://docs.cohere.com/reference/rerank */
export function cohere(settings: ProviderSettings): Provider {
  return openaiCompatible({
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
    settings,
  });
}

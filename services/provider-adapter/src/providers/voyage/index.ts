import type { Provider, ProviderSettings } from "../../provider.ts";
import { openaiCompatible } from "../openai/compatible.ts";
import { embeddings } from "../openai/tasks/embeddings.ts";
import { rerank } from "../rerank-wire.ts";
import { models } from "./models.ts";

/** Voyage: embeddings and reranks, no chats. https://docs.voyageai.com/reference/embeddings-api */
export function voyage(settings: ProviderSettings): Provider {
  return openaiCompatible({
    name: "voyage",
    baseUrl: "https://api.voyageai.com/v1",
    models,
    environmentVariables: ["VOYAGE_API_KEY"],
    tasks: (source) => ({
      embeddings: embeddings(source, {
        dimensionsField: "output_dimension",
        purposeField: "input_type",
        tokens: false,
        labels: false,
      }),
      rerank: rerank(source, { topField: "top_k" }),
    }),
    settings,
  });
}

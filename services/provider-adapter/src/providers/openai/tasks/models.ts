import { ABILITIES } from "@sluice/platform/tasks";
import { TaskBound, Tokenizer } from "@sluice/proto/provider/v1/provider_service";
import type { ModelEntry } from "../../../provider.ts";
import { modelOf } from "../../models.ts";
import { NO_TEMPLATE } from "../../task-models.ts";

const BY_TOKENS = TaskBound.fromPartial({ unit: "tokens" });
/** An empty text counts as one token. */
const COUNTED = {
  ...NO_TEMPLATE,
  perMessageTokens: 1,
  tokenizer: Tokenizer.fromPartial({ family: "cl100k-embeddings", vocabulary: "cl100k_base", exact: true }),
};

const embedding = (id: string): ModelEntry =>
  modelOf("openai", {
    id,
    contextTokens: 8_192,
    capabilities: [ABILITIES.embeddings],
    inputBound: COUNTED,
    taskBound: BY_TOKENS,
  });

/** The models beside chat; https://platform.openai.com/docs/models */
export const taskModels: readonly ModelEntry[] = [
  embedding("text-embedding-3-small"),
  embedding("text-embedding-3-large"),
  embedding("text-embedding-ada-002"),
];

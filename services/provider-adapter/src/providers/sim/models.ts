import { ABILITIES } from "@sluice/platform/tasks";
import { TaskBound, Tokenizer } from "@sluice/proto/provider/v1/provider_service";
import type { ModelEntry } from "../../provider.ts";
import { modelOf } from "../models.ts";

const CAPABILITIES = ["tools", "parallel_tools", "vision", "json_object", "json_schema", "logprobs"] as const;

/** The rule the simulator counts by, so that the bound of a text prompt is its exact count. */
const INPUT_BOUND = {
  baseTokens: 0,
  perMessageTokens: 4,
  perImageTokens: 85,
  toolsTokens: 0,
  schemaTokens: 0,
  perCallTokens: 0,
  tokenizer: Tokenizer.fromPartial({ family: "sim", vocabulary: "bytes", exact: true }),
};

const simulated = (id: string, reasoning = false): ModelEntry =>
  modelOf("sim", {
    id,
    contextTokens: 128_000,
    maxOutputTokens: 16_384,
    capabilities: reasoning ? [...CAPABILITIES, "reasoning"] : CAPABILITIES,
    variants: true,
    inputBound: INPUT_BOUND,
  });

const PAINTED = Object.entries({ low: 100n, medium: 400n, high: 1_600n }).map(([quality, tokens]) => ({
  size: "",
  quality,
  tokens,
}));

const beside = (id: string, ability: string, taskBound: Partial<TaskBound> = {}): ModelEntry =>
  modelOf("sim", {
    id,
    contextTokens: 128_000,
    capabilities: [ability],
    variants: true,
    inputBound: INPUT_BOUND,
    taskBound: TaskBound.fromPartial({ unit: "tokens", ...taskBound }),
  });

/** The simulator's chat models. What follows "+" in a name scripts a fault or a length, at the base model's price. */
export const chatModels: readonly ModelEntry[] = [
  simulated("small"),
  simulated("large"),
  simulated("reasoner", true),
  simulated("exact"),
];

/** All of them; those beside chat are on OpenAI's wire alone. */
export const models: readonly ModelEntry[] = [
  ...chatModels,
  beside("embedder", ABILITIES.embeddings),
  beside("reranker", ABILITIES.rerank),
  beside("moderator", ABILITIES.moderation),
  beside("painter", ABILITIES.image, { images: PAINTED }),
  beside("speaker", ABILITIES.speech, { audioTokensPermille: 2_000 }),
  { ...beside("listener", ABILITIES.transcription, { audioTokensPermille: 10_000 }), maxOutputTokens: 64 },
];

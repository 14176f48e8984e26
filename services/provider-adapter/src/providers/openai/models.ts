import type { ModelEntry } from "../../provider.ts";
import { type ModelFacts, modelOf } from "../models.ts";
import { taskModels } from "./tasks/models.ts";

const CHAT = ["tools", "parallel_tools", "vision", "json_object", "json_schema", "logprobs"] as const;
const REASONING = ["tools", "parallel_tools", "vision", "files", "json_object", "json_schema", "reasoning"] as const;

const chat = (
  id: string,
  contextTokens: number,
  maxOutputTokens: number,
  aliases: readonly string[] = [],
): ModelFacts => ({
  id,
  contextTokens,
  maxOutputTokens,
  aliases,
  capabilities: CHAT,
});

const reasoning = (
  id: string,
  contextTokens: number,
  maxOutputTokens: number,
  aliases: readonly string[] = [],
): ModelFacts => ({
  id,
  contextTokens,
  maxOutputTokens,
  aliases,
  capabilities: REASONING,
});

/**
 * Most tokens of one image by the published tiling rules: 85 + 8 tiles of 170, or 1,536 patches by a factor of up to 2.46;
 * the small 4o model charges 2,833 + 8 tiles of 5,667. https://platform.openai.com/docs/guides/images-vision
 */
const PER_IMAGE = 4_000;
const PER_IMAGE_4O_MINI = 48_200;

/** The models of the chat completions door; https://platform.openai.com/docs/models */
const MODELS: readonly ModelFacts[] = [
  chat("gpt-4o", 128_000, 16_384, ["gpt-4o-2024-08-06", "gpt-4o-2024-11-20"]),
  chat("gpt-4o-mini", 128_000, 16_384, ["gpt-4o-mini-2024-07-18"]),
  { ...chat("gpt-4o-audio-preview", 128_000, 16_384), capabilities: ["tools", "audio"] },
  { ...chat("gpt-4o-mini-audio-preview", 128_000, 16_384), capabilities: ["tools", "audio"] },
  { ...chat("gpt-4o-search-preview", 128_000, 16_384), capabilities: ["json_schema", "web_search"] },
  chat("gpt-4.1", 1_047_576, 32_768, ["gpt-4.1-2025-04-14"]),
  chat("gpt-4.1-mini", 1_047_576, 32_768, ["gpt-4.1-mini-2025-04-14"]),
  chat("gpt-4.1-nano", 1_047_576, 32_768, ["gpt-4.1-nano-2025-04-14"]),
  {
    ...chat("gpt-4-turbo", 128_000, 4_096, ["gpt-4-turbo-2024-04-09"]),
    capabilities: ["tools", "vision", "json_object"],
  },
  { ...chat("gpt-4", 8_192, 8_192, ["gpt-4-0613"]), capabilities: ["tools"] },
  { ...chat("gpt-3.5-turbo", 16_385, 4_096, ["gpt-3.5-turbo-0125"]), capabilities: ["tools", "json_object"] },
  reasoning("o1", 200_000, 100_000, ["o1-2024-12-17"]),
  {
    ...reasoning("o3-mini", 200_000, 100_000, ["o3-mini-2025-01-31"]),
    capabilities: REASONING.filter((name) => name !== "vision"),
  },
  reasoning("o3", 200_000, 100_000, ["o3-2025-04-16"]),
  reasoning("o4-mini", 200_000, 100_000, ["o4-mini-2025-04-16"]),
  reasoning("gpt-5", 400_000, 128_000, ["gpt-5-2025-08-07"]),
  reasoning("gpt-5-mini", 400_000, 128_000, ["gpt-5-mini-2025-08-07"]),
  reasoning("gpt-5-nano", 400_000, 128_000, ["gpt-5-nano-2025-08-07"]),
  reasoning("gpt-5.1", 400_000, 128_000),
  reasoning("gpt-5.2", 400_000, 128_000),
  reasoning("gpt-5.4", 1_050_000, 128_000),
  reasoning("gpt-5.4-mini", 400_000, 128_000),
  reasoning("gpt-5.4-nano", 400_000, 128_000),
  reasoning("gpt-5.5", 1_000_000, 128_000),
  reasoning("gpt-5.6-luna", 1_050_000, 128_000),
  reasoning("gpt-5.6-sol", 1_050_000, 128_000),
  reasoning("gpt-5.6-terra", 1_050_000, 128_000),
];

/** What the catalogue lists; price ids are `openai/<model>`. */
export const models: readonly ModelEntry[] = [
  ...MODELS.map((facts) => {
    const perImageTokens = facts.id.startsWith("gpt-4o-mini") ? PER_IMAGE_4O_MINI : PER_IMAGE;
    return modelOf("openai", { ...facts, inputBound: { perImageTokens } });
  }),
  ...taskModels,
];

const FIXED_SAMPLING = /^(?:o\d|gpt-5(?:-mini|-nano)?$)/;

/** True for the reasoning generations that refuse sampling knobs; later ones judge for themselves. */
export function fixedSampling(model: ModelEntry): boolean {
  return FIXED_SAMPLING.test(model.id);
}

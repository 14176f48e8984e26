import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const THINKING = ["tools", "parallel_tools", "json_object", "reasoning"] as const;
const SEEING = ["tools", "parallel_tools", "json_object", "vision", "reasoning"] as const;

/** Zhipu's chat models; https://docs.z.ai/guides/overview/pricing */
export const models: readonly ModelEntry[] = [
  ...family("zhipu", THINKING, [
    ["glm-5.2", 1_000_000, 131_072],
    ["glm-5.1", 200_000, 131_072],
    ["glm-5", 204_800, 131_072],
    ["glm-5-turbo", 200_000, 131_072],
    ["glm-4.7", 204_800, 131_072],
    ["glm-4.7-flashx", 200_000, 131_072],
    ["glm-4.6", 204_800, 131_072],
    ["glm-4.5", 131_072, 98_304],
    ["glm-4.5-air", 131_072, 98_304],
  ]),
  ...family("zhipu", SEEING, [
    ["glm-5v-turbo", 200_000, 131_072],
    ["glm-4.6v", 128_000, 32_768],
    ["glm-4.5v", 64_000, 16_384],
  ]),
];

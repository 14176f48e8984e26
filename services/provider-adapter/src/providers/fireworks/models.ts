import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const THINKING = ["tools", "parallel_tools", "json_object", "json_schema", "reasoning"] as const;
const SEEING = ["tools", "parallel_tools", "json_object", "json_schema", "vision", "reasoning"] as const;

/** Fireworks' chat models; https://fireworks.ai/models */
export const models: readonly ModelEntry[] = [
  ...family("fireworks", THINKING, [
    ["accounts/fireworks/models/deepseek-v4-flash", 1_000_000, 384_000],
    ["accounts/fireworks/models/deepseek-v4-pro", 1_000_000, 384_000],
    ["accounts/fireworks/models/glm-5p1", 202_800, 131_072],
    ["accounts/fireworks/models/glm-5p2", 1_048_575, 131_072],
    ["accounts/fireworks/models/gpt-oss-120b", 131_072, 32_768],
    ["accounts/fireworks/models/gpt-oss-20b", 131_072, 32_768],
    ["accounts/fireworks/models/minimax-m2p7", 196_608, 196_608],
    ["accounts/fireworks/models/minimax-m3", 512_000, 512_000],
  ]),
  ...family("fireworks", SEEING, [
    ["accounts/fireworks/models/kimi-k2p6", 262_000, 262_000],
    ["accounts/fireworks/models/kimi-k2p7-code", 262_000, 262_000],
    ["accounts/fireworks/models/qwen3p7-plus", 262_144, 65_536],
  ]),
];

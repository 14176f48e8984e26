import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const SEEING = ["tools", "parallel_tools", "json_object", "json_schema", "vision", "reasoning"] as const;
const TEXT = ["tools", "parallel_tools", "json_object"] as const;

/** Moonshot's chat models; https://platform.kimi.ai/docs/models */
export const models: readonly ModelEntry[] = [
  ...family("moonshot", SEEING, [
    ["kimi-k3", 1_048_576, 262_144],
    ["kimi-k2.6", 262_144, 262_144],
    ["kimi-k2.5", 262_144, 262_144],
    ["kimi-k2.7-code", 262_144, 262_144],
    ["kimi-k2.7-code-highspeed", 262_144, 262_144],
  ]),
  ...family("moonshot", TEXT, [
    ["moonshot-v1-8k", 8_192, 8_192],
    ["moonshot-v1-32k", 32_768, 32_768],
    ["moonshot-v1-128k", 131_072, 131_072],
  ]),
];

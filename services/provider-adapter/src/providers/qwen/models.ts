import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const THINKING = ["tools", "parallel_tools", "json_object", "json_schema", "reasoning"] as const;
const SEEING = ["tools", "parallel_tools", "json_object", "json_schema", "vision", "reasoning"] as const;
const TEXT = ["tools", "parallel_tools", "json_object", "json_schema"] as const;
const CODING = ["tools", "parallel_tools", "json_object"] as const;
const VISION = ["tools", "parallel_tools", "json_object", "vision"] as const;

/** Qwen's chat models; https://www.alibabacloud.com/help/en/model-studio/models */
export const models: readonly ModelEntry[] = [
  ...family("qwen", THINKING, [
    ["qwen3.7-max", 1_000_000, 65_536],
    ["qwen3.6-max-preview", 262_144, 65_536],
  ]),
  ...family("qwen", SEEING, [
    ["qwen3.7-plus", 1_000_000, 65_536],
    ["qwen3.6-plus", 1_000_000, 65_536],
    ["qwen3.6-flash", 1_000_000, 65_536],
    ["qwen3.5-plus", 1_000_000, 65_536],
  ]),
  ...family("qwen", TEXT, [
    ["qwen3-max", 262_144, 65_536],
    ["qwen-max", 32_768, 8_192],
    ["qwen-plus", 1_000_000, 32_768],
    ["qwen-flash", 1_000_000, 32_768],
    ["qwen-turbo", 1_000_000, 16_384],
  ]),
  ...family("qwen", CODING, [
    ["qwen3-coder-plus", 1_048_576, 65_536],
    ["qwen3-coder-flash", 1_000_000, 65_536],
    ["qwen3-next-80b-a3b-instruct", 131_072, 32_768],
  ]),
  ...family("qwen", VISION, [
    ["qwen3-vl-plus", 262_144, 32_768],
    ["qwen-vl-max", 131_072, 8_192],
  ]),
];

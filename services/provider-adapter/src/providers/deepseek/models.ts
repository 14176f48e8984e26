import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const THINKING = ["tools", "parallel_tools", "json_object", "reasoning"] as const;
const TEXT = ["tools", "parallel_tools", "json_object"] as const;

/** DeepSeek's chat models; https://api-docs.deepseek.com/quick_start/pricing */
export const models: readonly ModelEntry[] = [
  ...family("deepseek", THINKING, [
    ["deepseek-v4-flash", 1_000_000, 384_000],
    ["deepseek-v4-pro", 1_000_000, 384_000],
    ["deepseek-reasoner", 1_000_000, 384_000],
  ]),
  ...family("deepseek", TEXT, [["deepseek-chat", 1_000_000, 384_000]]),
];

import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const TEXT = ["tools", "json_object", "json_schema"] as const;
const THINKING = ["tools", "json_object", "json_schema", "reasoning"] as const;
const VISION = ["tools", "json_object", "json_schema", "vision"] as const;

/** Chat models of the router; others are added by configuration. https://huggingface.co/docs/inference-providers */
export const models: readonly ModelEntry[] = [
  ...family("huggingface", TEXT, [
    ["meta-llama/Llama-3.3-70B-Instruct", 131_072, 4_096],
    ["Qwen/Qwen3-Coder-30B-A3B-Instruct", 262_144, 65_536],
    ["Qwen/Qwen3-Coder-480B-A35B-Instruct", 262_144, 66_536],
    ["Qwen/Qwen3-Coder-Next", 262_144, 65_536],
    ["Qwen/Qwen3-Next-80B-A3B-Instruct", 262_144, 66_536],
    ["moonshotai/Kimi-K2-Instruct", 131_072, 16_384],
  ]),
  ...family("huggingface", VISION, [
    ["google/gemma-4-26B-A4B-it", 262_144, 32_768],
    ["google/gemma-4-31B-it", 262_144, 32_768],
    ["zai-org/GLM-4.5V", 65_536, 16_384],
  ]),
  ...family("huggingface", THINKING, [
    ["MiniMaxAI/MiniMax-M2.5", 204_800, 131_072],
    ["MiniMaxAI/MiniMax-M2.7", 204_800, 131_072],
    ["MiniMaxAI/MiniMax-M3", 524_288, 128_000],
    ["Qwen/Qwen3-235B-A22B-Thinking-2507", 262_144, 131_072],
    ["Qwen/Qwen3-32B", 131_072, 16_384],
    ["Qwen/Qwen3.5-397B-A17B", 262_144, 32_768],
    ["Qwen/Qwen3.6-27B", 262_144, 65_536],
    ["Qwen/Qwen3.6-35B-A3B", 262_144, 65_536],
    ["XiaomiMiMo/MiMo-V2.5-Pro", 1_048_576, 131_072],
    ["deepseek-ai/DeepSeek-R1-0528", 163_840, 163_840],
    ["deepseek-ai/DeepSeek-V3.2", 163_840, 65_536],
    ["deepseek-ai/DeepSeek-V4-Flash", 1_048_576, 384_000],
    ["deepseek-ai/DeepSeek-V4-Pro", 1_048_576, 393_216],
    ["moonshotai/Kimi-K2-Thinking", 262_144, 262_144],
    ["moonshotai/Kimi-K2.5", 262_144, 262_144],
    ["moonshotai/Kimi-K2.6", 262_144, 262_144],
    ["openai/gpt-oss-120b", 131_072, 32_768],
    ["stepfun-ai/Step-3.7-Flash", 262_144, 256_000],
    ["zai-org/GLM-4.7", 204_800, 131_072],
    ["zai-org/GLM-5.1", 202_752, 131_072],
    ["zai-org/GLM-5.2", 262_144, 131_072],
  ]),
];

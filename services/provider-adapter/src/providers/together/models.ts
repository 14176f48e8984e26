import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const TEXT = ["tools", "parallel_tools", "json_object", "json_schema"] as const;
const THINKING = ["tools", "parallel_tools", "json_object", "json_schema", "reasoning"] as const;
const VISION = ["tools", "parallel_tools", "json_object", "json_schema", "vision"] as const;
const PLAIN = [] as const;

/** Together's chat models; https://docs.together.ai/docs/serverless-models */
export const models: readonly ModelEntry[] = [
  ...family("together", TEXT, [
    ["Qwen/Qwen2.5-7B-Instruct-Turbo", 32_768, 32_768],
    ["Qwen/Qwen3-235B-A22B-Instruct-2507-tput", 262_144, 262_144],
    ["Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8", 262_144, 262_144],
    ["Qwen/Qwen3-Coder-Next-FP8", 262_144, 262_144],
    ["deepseek-ai/DeepSeek-V3", 131_072, 131_072],
    ["meta-llama/Llama-3.3-70B-Instruct-Turbo", 131_072, 131_072],
  ]),
  ...family("together", THINKING, [
    ["MiniMaxAI/MiniMax-M2.7", 202_752, 131_072],
    ["MiniMaxAI/MiniMax-M3", 524_288, 250_000],
    ["Qwen/Qwen3.5-397B-A17B", 262_144, 130_000],
    ["Qwen/Qwen3.5-9B", 262_144, 65_536],
    ["deepseek-ai/DeepSeek-R1", 163_839, 163_839],
    ["deepseek-ai/DeepSeek-V3-1", 131_072, 131_072],
    ["deepseek-ai/DeepSeek-V4-Pro", 512_000, 384_000],
    ["moonshotai/Kimi-K2.5", 262_144, 262_144],
    ["moonshotai/Kimi-K2.6", 262_144, 131_000],
    ["moonshotai/Kimi-K2.7-Code", 262_144, 131_072],
    ["openai/gpt-oss-120b", 131_072, 131_072],
    ["openai/gpt-oss-20b", 131_072, 131_072],
    ["zai-org/GLM-5", 202_752, 131_072],
    ["zai-org/GLM-5.1", 202_752, 131_072],
    ["zai-org/GLM-5.2", 262_144, 164_000],
  ]),
  ...family("together", VISION, [
    ["meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", 1_048_576, 1_048_576],
    ["google/gemma-4-31B-it", 262_144, 131_072],
  ]),
  ...family("together", PLAIN, [["mistralai/Mixtral-8x7B-Instruct-v0.1", 32_768, 32_768]]),
];

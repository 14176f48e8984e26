import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";
import { models as openaiModels } from "../openai/models.ts";
import { responsesModels } from "../openai/responses/models.ts";

/** OpenAI's models that Azure sells under the same names; a deployment of another name says which it is. */
const SHARED: ReadonlySet<string> = new Set([
  ...["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4-turbo", "gpt-4", "gpt-3.5-turbo"],
  ...["o1", "o3-mini", "o3", "o4-mini", "gpt-5", "gpt-5-mini", "gpt-5-nano"],
  ...["gpt-5-pro", "gpt-5-codex", "gpt-5.1-codex", "gpt-5.1-codex-max", "gpt-5.1-codex-mini", "gpt-5.2-codex"],
  ...["gpt-5.3-codex", "gpt-5.4-pro"],
  ...["gpt-5.1", "gpt-5.2", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.5"],
  ...["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"],
]);

const CHAT = ["tools", "parallel_tools", "json_object", "json_schema"] as const;
const VISION = [...CHAT, "vision"] as const;
const THINKING = [...CHAT, "reasoning"] as const;

/** Azure's chat models; https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/models-sold-directly-by-azure */
export const models: readonly ModelEntry[] = [
  ...[...openaiModels, ...responsesModels]
    .filter(({ id }) => SHARED.has(id))
    .map((model) => ({ ...model, priceId: `azure/${model.id}` })),
  ...family("azure", VISION, [
    ["grok-4-1-fast-non-reasoning", 128_000, 8_192],
    ["grok-4-20-non-reasoning", 262_000, 8_192],
    ["llama-4-maverick-17b-128e-instruct-fp8", 128_000, 8_192, "Llama-4-Maverick-17B-128E-Instruct-FP8"],
  ]),
  ...family("azure", THINKING, [
    ["grok-4-1-fast-reasoning", 128_000, 8_192],
    ["grok-4-20-reasoning", 262_000, 8_192],
    ["deepseek-r1-0528", 163_840, 163_840, "DeepSeek-R1-0528"],
    ["deepseek-v4-flash", 1_000_000, 384_000, "DeepSeek-V4-Flash"],
    ["deepseek-v4-pro", 1_000_000, 384_000, "DeepSeek-V4-Pro"],
    ["kimi-k2.5", 262_144, 262_144, "Kimi-K2.5"],
    ["kimi-k2.6", 262_144, 262_144, "Kimi-K2.6"],
  ]),
  ...family("azure", CHAT, [
    ["deepseek-v3.2", 128_000, 128_000, "DeepSeek-V3.2"],
    ["llama-3.3-70b-instruct", 128_000, 32_768, "Llama-3.3-70B-Instruct"],
    ["mistral-large-2411", 128_000, 32_768, "Mistral-Large-2411"],
    ["mistral-medium-2505", 128_000, 128_000],
  ]),
];

import type { Provider, ProviderSettings } from "../provider.ts";
import { anthropic } from "./anthropic/index.ts";
import { azure } from "./azure/index.ts";
import { bedrock } from "./bedrock/index.ts";
import { cerebras } from "./cerebras/index.ts";
import { cohere } from "./cohere/index.ts";
import { deepseek } from "./deepseek/index.ts";
import { fireworks } from "./fireworks/index.ts";
import { gemini } from "./gemini/index.ts";
import { groq } from "./groq/index.ts";
import { huggingface } from "./huggingface/index.ts";
import { lmstudio } from "./lmstudio/index.ts";
import { mistral } from "./mistral/index.ts";
import { moonshot } from "./moonshot/index.ts";
import { ollama } from "./ollama/index.ts";
import { openai } from "./openai/index.ts";
import { openrouter } from "./openrouter/index.ts";
import { perplexity } from "./perplexity/index.ts";
import { qwen } from "./qwen/index.ts";
import { sim } from "./sim/index.ts";
import { simAnthropic } from "./sim-anthropic/index.ts";
import { simGemini } from "./sim-gemini/index.ts";
import { together } from "./together/index.ts";
import { vertex } from "./vertex/index.ts";
import { vllm } from "./vllm/index.ts";
import { voyage } from "./voyage/index.ts";
import { xai } from "./xai/index.ts";
import { zhipu } from "./zhipu/index.ts";

/** Every built-in provider: one import and one line each. Others that speak OpenAI's wire are added by configuration. */
export const PROVIDERS: Readonly<Record<string, (settings: ProviderSettings) => Provider>> = {
  anthropic,
  azure,
  bedrock,
  cerebras,
  cohere,
  deepseek,
  fireworks,
  gemini,
  groq,
  huggingface,
  lmstudio,
  mistral,
  moonshot,
  ollama,
  openai,
  openrouter,
  perplexity,
  qwen,
  sim,
  "sim-anthropic": simAnthropic,
  "sim-gemini": simGemini,
  together,
  vertex,
  vllm,
  voyage,
  xai,
  zhipu,
};

/** Name of the provider whose address and credential come from the installation itself. */
export const SIMULATOR = "sim";

/** The simulator's wires, each a provider, and where they lie at its door; a place or key given to the first serves all. */
export const SIMULATOR_PATHS: Readonly<Record<string, string>> = {
  [SIMULATOR]: "/v1",
  "sim-anthropic": "/v1",
  "sim-gemini": "/v1beta",
};

import type { Provider, ProviderSettings } from "../provider.ts";
import { anthropic } from "./anthropic/index.ts";
import { gemini } from "./gemini/index.ts";
import { openai } from "./openai/index.ts";
import { sim } from "./sim/index.ts";

/** Every built-in provider: one import and one line each. Others that speak OpenAI's wire are added by configuration. */
export const PROVIDERS: Readonly<Record<string, (settings: ProviderSettings) => Provider>> = {
  anthropic,
  gemini,
  openai,
  sim,
};

/** Name of the provider whose address and credential come from the installation itself. */
export const SIMULATOR = "sim";

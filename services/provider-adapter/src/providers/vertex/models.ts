import type { ModelEntry } from "../../provider.ts";
import { models as anthropicModels } from "../anthropic/models.ts";
import { models as geminiModels } from "../gemini/models.ts";
import { family, type ModelRow } from "../models.ts";

/** Gemini models that are sold here too, at the same prices. */
const SHARED: ReadonlySet<string> = new Set([
  ...["gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3-pro-preview"],
  ...[
    "gemini-3.1-flash-lite",
    "gemini-3.1-pro-preview",
    "gemini-3.5-flash",
    "gemini-3.5-flash-lite",
    "gemini-3.6-flash",
  ],
]);

/** Anthropic's models by the name and date they bear here; those without a date have none. */
const CLAUDE: Readonly<Record<string, string>> = {
  "claude-sonnet-5": "claude-sonnet-5",
  "claude-opus-4-8": "claude-opus-4-8",
  "claude-opus-4-7": "claude-opus-4-7",
  "claude-opus-4-6": "claude-opus-4-6",
  "claude-sonnet-4-6": "claude-sonnet-4-6",
  "claude-opus-4-5": "claude-opus-4-5@20251101",
  "claude-sonnet-4-5": "claude-sonnet-4-5@20250929",
  "claude-haiku-4-5": "claude-haiku-4-5@20251001",
};

function claudeOf(model: ModelEntry): ModelEntry[] {
  const deployment = Object.hasOwn(CLAUDE, model.id) ? CLAUDE[model.id] : undefined;
  if (deployment === undefined) return [];
  const aliases = deployment === model.id ? [] : [deployment];
  const capabilities = model.capabilities.filter((name) => name !== "web_search");
  return [{ ...model, priceId: `vertex/${model.id}`, aliases, deployment, capabilities }];
}

const OPEN: readonly ModelRow[] = [
  ["meta/llama-3.3-70b-instruct-maas", 128_000, 8_192],
  ["meta/llama-4-maverick-17b-128e-instruct-maas", 524_288, 8_192],
  ["deepseek-ai/deepseek-v3.1-maas", 163_840, 32_768],
  ["deepseek-ai/deepseek-v3.2-maas", 163_840, 65_536],
  ["qwen/qwen3-235b-a22b-instruct-2507-maas", 262_144, 16_384],
  ["zai-org/glm-4.7-maas", 200_000, 128_000],
  ["zai-org/glm-5-maas", 202_752, 131_072],
];
const OPEN_THINKING: readonly ModelRow[] = [
  ["openai/gpt-oss-120b-maas", 131_072, 32_768],
  ["openai/gpt-oss-20b-maas", 131_072, 32_768],
  ["moonshotai/kimi-k2-thinking-maas", 262_144, 262_144],
];

/** Google's own models, Anthropic's, and open ones; https://cloud.google.com/vertex-ai/generative-ai/docs/models */
const models: readonly ModelEntry[] = [
  ...geminiModels.filter(({ id }) => SHARED.has(id)),
  ...anthropicModels.flatMap(claudeOf),
  ...family("vertex", ["tools", "json_object", "json_schema"], OPEN),
  ...family("vertex", ["tools", "json_object", "reasoning"], OPEN_THINKING),
];

/** The same in one location: guaranteeing where Anthropic's models are run costs more there than anywhere. */
export function modelsAt(location = "global"): readonly ModelEntry[] {
  if (location === "global") return models;
  return models.map((model) =>
    Object.hasOwn(CLAUDE, model.id) ? { ...model, priceId: `vertex/regional/${model.id}` } : model,
  );
}

import { SluiceError } from "@sluice/platform/errors";
import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { type ModelEntry, modelOf, type Provider } from "@sluice/provider-adapter/recordings";
import { type Feature, MARKS } from "./requests.ts";

/** What becomes of one feature on its way from a dialect to a provider. */
export type Outcome = "yes" | "emulated" | "refused" | "lost";

export interface Cell {
  readonly outcome: Outcome;
  /** What the caller is told; empty if it arrives as it was meant. */
  readonly said: string;
  /** True if no model of the provider has the feature. */
  readonly lacking: boolean;
}

/** The capability a model needs for a feature; the others need none. */
const NEEDS: Readonly<Partial<Record<Feature, readonly string[]>>> = {
  tools: ["tools"],
  "parallel tools": ["tools"],
  "tool results": ["tools"],
  schema: ["json_schema"],
  reasoning: ["reasoning"],
  image: ["vision"],
  audio: ["audio_input", "audio"],
  file: ["files"],
  logprobs: ["logprobs"],
};
const ALL_CAPABILITIES = [
  "tools",
  "parallel_tools",
  "vision",
  "files",
  "json_object",
  "json_schema",
  "reasoning",
  "logprobs",
];
const TASKS = new Set(["embeddings", "rerank", "moderation", "image_generation", "speech", "transcription"]);
/** Whose API has marks for its cache; all others cache by themselves or not at all. */
const MARKS_ITS_CACHE = /^(anthropic|bedrock|openrouter|qwen|vertex)$/;
const NAMED_TO_MANY = /^(ollama|vllm|lmstudio)$/;

/** The provider's chat models; one that can everything for providers that serve what their owner installed. */
function chatModels(provider: Provider): readonly ModelEntry[] {
  if (NAMED_TO_MANY.test(provider.name))
    return [modelOf(provider.name, { id: "installed", capabilities: ALL_CAPABILITIES })];
  return provider.models.filter(({ capabilities }) => !capabilities.every((name) => TASKS.has(name)));
}

export function chats(provider: Provider): boolean {
  return chatModels(provider).length > 0;
}

/** Maps one request with the feature, and one without, to the provider's wire, and says what became of the feature. */
export function cellOf(
  provider: Provider,
  feature: Feature,
  requests: { readonly asked: ChatRequest; readonly plain: ChatRequest },
): Cell {
  const needs = NEEDS[feature];
  const models = chatModels(provider);
  const able = needs && models.find(({ capabilities }) => needs.some((name) => capabilities.includes(name)));
  // Some providers serve models of several makers; their caches differ.
  const marked = feature === "cache" ? models.find(({ id }) => /claude/.test(id)) : undefined;
  const model = able ?? marked ?? models[0];
  if (model === undefined) throw new Error(`${provider.name} has no chat model.`);
  const lacking =
    needs === undefined ? feature === "cache" && !MARKS_ITS_CACHE.test(provider.name) : able === undefined;
  try {
    const mapped = provider.mapChat(requests.asked, model.id, model);
    const plain = provider.mapChat(requests.plain, model.id, model);
    const usual = new Set(plain.warnings);
    const said = mapped.warnings.filter((warning) => !usual.has(warning)).join(" ");
    const arrived = arrives(feature, provider, { mapped, plain });
    if (lacking && arrived && said === "") return { outcome: "refused", said: "no model of it knows this", lacking };
    if (arrived) return { outcome: said === "" ? "yes" : "emulated", said, lacking };
    return { outcome: said === "" ? "lost" : "refused", said, lacking };
  } catch (thrown) {
    return { outcome: "refused", said: SluiceError.from(thrown).message, lacking };
  }
}

type Mapped = ReturnType<Provider["mapChat"]>;

function arrives(
  feature: Feature,
  provider: Provider,
  { mapped, plain }: { readonly mapped: Mapped; readonly plain: Mapped },
): boolean {
  const { body } = mapped;
  const has = (mark: string): boolean => body.includes(mark);
  switch (feature) {
    case "text":
      return has(MARKS.text);
    case "stream":
      return (mapped.path !== plain.path || body !== plain.body) && provider.openStream !== undefined;
    case "tools":
      return has(MARKS.tool);
    case "parallel tools":
      return has(MARKS.tool) && has(MARKS.secondTool) && body.split(MARKS.result).length === 3;
    case "tool results":
      return has(MARKS.tool) && has(MARKS.result);
    case "schema":
      return has(MARKS.property);
    case "image":
      return has(MARKS.image);
    case "audio":
      return has(MARKS.audio);
    case "file":
      return has(MARKS.file);
    case "cache":
      return /cache_?control|cachePoint|prompt_cache/i.test(body);
    case "logprobs":
      return /logprobs/i.test(body);
    case "reasoning":
      return body !== plain.body;
  }
}

import type { ModelEntry } from "../../provider.ts";
import { type ModelFacts, modelOf } from "../models.ts";
import { taskFamily } from "../task-models.ts";

const CHAT = ["tools", "parallel_tools", "vision", "audio_input", "files", "json_object", "json_schema"] as const;
const THINKING = [...CHAT, "reasoning"] as const;

/**
 * Most tokens of one picture: tiles of 768 pixels at 258 tokens each, 16 of them and an overview; the third generation spends at most
 * 2,240 at its finest resolution. https://ai.google.dev/gemini-api/docs/image-understanding
 */
const PER_IMAGE = 4_400;

const thinking = (id: string, aliases: readonly string[] = [], priceId?: string): ModelFacts => ({
  id,
  contextTokens: 1_048_576,
  maxOutputTokens: 65_536,
  aliases,
  capabilities: THINKING,
  ...(priceId !== undefined && { priceId }),
});

const second = (id: string, aliases: readonly string[]): ModelFacts => ({
  id,
  contextTokens: 1_048_576,
  maxOutputTokens: 8_192,
  aliases,
  capabilities: CHAT,
});

const picturing = (id: string, contextTokens: number): ModelFacts => ({
  id,
  contextTokens,
  maxOutputTokens: 32_768,
  capabilities: ["vision", "image_output"],
});

/** The models of generateContent; https://ai.google.dev/gemini-api/docs/models */
const MODELS: readonly ModelFacts[] = [
  thinking("gemini-2.5-flash", ["gemini-2.5-flash-preview-09-2025"]),
  thinking("gemini-2.5-flash-lite", ["gemini-2.5-flash-lite-preview-09-2025"]),
  thinking("gemini-2.5-pro"),
  thinking("gemini-3-flash-preview"),
  thinking("gemini-3-pro-preview"),
  thinking("gemini-3.1-flash-lite", ["gemini-3.1-flash-lite-preview"]),
  thinking("gemini-3.1-pro-preview", ["gemini-3.1-pro-preview-customtools"]),
  thinking("gemini-3.5-flash"),
  thinking("gemini-3.5-flash-lite"),
  thinking("gemini-3.6-flash"),
  second("gemini-2.0-flash", ["gemini-2.0-flash-001"]),
  second("gemini-2.0-flash-lite", ["gemini-2.0-flash-lite-001"]),
  picturing("gemini-2.5-flash-image", 32_768),
  picturing("gemini-3-pro-image-preview", 131_072),
];

/** What the catalogue lists; price ids are `gemini/<model>`. */
export const models: readonly ModelEntry[] = [
  ...MODELS.map((facts) => modelOf("gemini", { ...facts, inputBound: { perImageTokens: PER_IMAGE } })),
  ...taskFamily("gemini", { kind: "embeddings" }, [["gemini-embedding-001", 2_048]]),
];

import type { ModelEntry } from "../../provider.ts";
import { type ModelFacts, modelOf } from "../models.ts";

const CAPABILITIES = [
  "tools",
  "parallel_tools",
  "vision",
  "files",
  "json_object",
  "json_schema",
  "reasoning",
  "web_search",
] as const;

const MILLION = 1_000_000;

/**
 * Most tokens of one image by the published sizes: an edge of up to 2,576 pixels from 4.7 on, 1,568 before, at 750 pixels
 * a token. https://platform.claude.com/docs/en/build-with-claude/vision
 */
const PER_IMAGE_LARGE = 5_000;
const PER_IMAGE = 1_700;

const claude = (
  id: string,
  contextTokens: number,
  maxOutputTokens: number,
  perImageTokens: number,
  aliases: readonly string[] = [],
): ModelFacts => ({
  id,
  contextTokens,
  maxOutputTokens,
  aliases,
  capabilities: CAPABILITIES,
  inputBound: { perImageTokens },
});

/** The current models that everybody can call, and those that will be retired later; https://platform.claude.com/docs/en/about-claude/models */
const MODELS: readonly ModelFacts[] = [
  claude("claude-opus-5-5", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-sonnet-5-5", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-haiku-5-5", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-fable-5-1", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-fable-5", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-opus-5", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-opus-4-8", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-opus-4-7", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-opus-4-6", MILLION, 128_000, PER_IMAGE),
  claude("claude-opus-4-5", 200_000, 64_000, PER_IMAGE, ["claude-opus-4-5-20251101"]),
  claude("claude-sonnet-5", MILLION, 128_000, PER_IMAGE_LARGE),
  claude("claude-sonnet-4-6", MILLION, 64_000, PER_IMAGE),
  claude("claude-sonnet-4-5", 200_000, 64_000, PER_IMAGE, ["claude-sonnet-4-5-20250929"]),
  claude("claude-haiku-4-5", 200_000, 64_000, PER_IMAGE, ["claude-haiku-4-5-20251001"]),
];

/** What the catalogue lists; price ids are `anthropic/<model>`. */
export const models: readonly ModelEntry[] = MODELS.map((facts) => modelOf("anthropic", facts));

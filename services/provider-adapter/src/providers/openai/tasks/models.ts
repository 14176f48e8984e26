import { ABILITIES } from "@sluice/platform/tasks";
import { type ImageTokens, TaskBound, Tokenizer } from "@sluice/proto/provider/v1/provider_service";
import type { ModelEntry } from "../../../provider.ts";
import { modelOf } from "../../models.ts";
import { NO_TEMPLATE, taskFamily } from "../../task-models.ts";

const BY_TOKENS = TaskBound.fromPartial({ unit: "tokens" });
/** An empty text counts as one token. */
const COUNTED = {
  ...NO_TEMPLATE,
  perMessageTokens: 1,
  tokenizer: Tokenizer.fromPartial({ family: "cl100k-embeddings", vocabulary: "cl100k_base", exact: true }),
};

/** Output tokens of an image by size and quality. https://platform.openai.com/docs/guides/image-generation#calculating-costs */
const IMAGES = imageTokens({
  low: [272, 408, 400],
  medium: [1_056, 1_584, 1_568],
  high: [4_160, 6_240, 6_208],
});
/** What the smaller model costs is published in dollars; these are its tokens at most. */
const SMALL_IMAGES = imageTokens({
  low: [1_000, 1_500, 1_500],
  medium: [2_200, 3_300, 3_300],
  high: [6_000, 9_000, 9_000],
});
/** Tokens of sound of a character, and of a second, in thousandths: about six times what is usual, for slow voices and pauses. */
const SPOKEN = 8_000;
const HEARD = 50_000;

const embedding = (id: string): ModelEntry =>
  modelOf("openai", {
    id,
    contextTokens: 8_192,
    capabilities: [ABILITIES.embeddings],
    inputBound: COUNTED,
    taskBound: BY_TOKENS,
  });

function imageTokens(byQuality: Readonly<Record<string, readonly [number, number, number]>>): ImageTokens[] {
  return Object.entries(byQuality).flatMap(([quality, tokens]) =>
    ["1024x1024", "1024x1536", "1536x1024"].map((size, at) => ({ size, quality, tokens: BigInt(tokens[at] ?? 0) })),
  );
}

/** The models beside chat; https://platform.openai.com/docs/models */
export const taskModels: readonly ModelEntry[] = [
  embedding("text-embedding-3-small"),
  embedding("text-embedding-3-large"),
  embedding("text-embedding-ada-002"),
  ...taskFamily("openai", { kind: "moderation" }, [["omni-moderation-latest", 32_768, "omni-moderation-2024-09-26"]]),
  ...taskFamily("openai", { kind: "image", bound: { images: IMAGES } }, [
    ["gpt-image-1", 32_000],
    ["gpt-image-1.5", 32_000],
  ]),
  ...taskFamily("openai", { kind: "image", bound: { images: SMALL_IMAGES } }, [["gpt-image-1-mini", 32_000]]),
  ...taskFamily("openai", { kind: "speech", bound: { unit: "characters" } }, [
    ["tts-1", 4_096, "tts-1-1106"],
    ["tts-1-hd", 4_096, "tts-1-hd-1106"],
  ]),
  ...taskFamily("openai", { kind: "speech", bound: { audioTokensPermille: SPOKEN } }, [["gpt-4o-mini-tts", 2_000]]),
  ...taskFamily("openai", { kind: "transcription", bound: { unit: "audio_ms" } }, [["whisper-1", 0]]),
  ...taskFamily("openai", { kind: "transcription", bound: { audioTokensPermille: HEARD } }, [
    ["gpt-4o-transcribe", 16_000],
    ["gpt-4o-mini-transcribe", 16_000],
  ]).map((model) => ({ ...model, maxOutputTokens: 2_000 })),
];

import { chatOfTask, tokenCountOf } from "@sluice/platform/tasks";
import { Usage } from "@sluice/proto/common/v1/usage";
import type { TaskBound } from "@sluice/proto/provider/v1/provider_service";
import type { ImageTask, TaskRequest, TaskResult } from "@sluice/proto/tasks/v1/tasks";
import type { PlannedTask } from "./attempt/types.ts";
import { estimateInput } from "./count.ts";
import { tokensOf } from "./text-tokens.ts";

const PERMILLE = 1_000n;
/** 32 kbit a second. */
const BYTES_PER_MS = 4;
const MS_PER_SECOND = 1_000n;

/**
 * What a request beside chat consumed, where its provider did not say: by the unit its model is billed by, and of tokens at most the `bound` that
 * the hold covers (0 if that is not known).
 */
export function countTask(
  { request, bound: rule }: Pick<PlannedTask, "request" | "bound">,
  result: TaskResult | undefined,
  bound: bigint,
): Usage {
  const { task } = request;
  const images = result?.result?.$case === "image" ? BigInt(result.result.value.images.length) : wantedImages(request);
  switch (rule?.unit) {
    case "searches":
      return Usage.fromPartial({ searches: searchesOf(request, rule) });
    case "images":
      return Usage.fromPartial({ images });
    case "characters":
      return Usage.fromPartial({ characters: BigInt(task?.$case === "speech" ? [...task.value.input].length : 0) });
    case "audio_ms":
      return Usage.fromPartial({ audioMs: billedMs(lengthOf(request), rule) });
    default:
      return Usage.fromPartial({
        inputTokens: readTokens(request, bound),
        ...soundTokens(request, rule),
        ...(task?.$case === "image" && rule !== undefined && { outputImageTokens: images * dearest(task.value, rule) }),
        ...(result?.result?.$case === "transcription" && {
          outputTokens: BigInt(tokensOf(result.result.value.text)),
        }),
      });
  }
}

function readTokens(request: TaskRequest, bound: bigint): bigint {
  const tokens = estimateInput(chatOfTask(withoutRepeats(request)), 0n) + repeatedTokens(request);
  const all = tokens + BigInt(tokenCountOf(request));
  return bound > 0n && all > bound ? bound : all;
}

/** A query is read with each document, but counted once: a long one with thousands of them would keep everybody waiting. */
function withoutRepeats(request: TaskRequest): TaskRequest {
  const { task } = request;
  return task?.$case === "rerank"
    ? { ...request, task: { $case: "rerank", value: { ...task.value, query: "" } } }
    : request;
}

function repeatedTokens({ task }: TaskRequest): bigint {
  return task?.$case === "rerank" ? BigInt(tokensOf(task.value.query) * task.value.documents.length) : 0n;
}

function wantedImages({ task }: TaskRequest): bigint {
  return task?.$case === "image" ? BigInt(task.value.n ?? 1) : 0n;
}

/** Milliseconds a recording is billed as. */
export function billedMs(ms: bigint, rule: TaskBound | undefined): bigint {
  const least = rule?.minimumAudioMs ?? 0n;
  return ms > least ? ms : least;
}

/** Milliseconds of a recording; of one that does not say, what its bytes would be at a low rate. */
function lengthOf({ task }: TaskRequest): bigint {
  if (task?.$case !== "transcription") return 0n;
  return task.value.durationMs ?? BigInt(Math.ceil(task.value.audio.length / BYTES_PER_MS));
}

function soundTokens(request: TaskRequest, rule: TaskBound | undefined): Partial<Usage> {
  const permille = BigInt(rule?.audioTokensPermille ?? 0);
  if (permille === 0n) return {};
  const { task } = request;
  if (task?.$case === "speech") return { outputAudioTokens: (BigInt(task.value.input.length) * permille) / PERMILLE };
  if (task?.$case !== "transcription") return {};
  return { inputAudioTokens: (lengthOf(request) * permille) / PERMILLE / MS_PER_SECOND };
}

/** By the number of documents alone; long ones are more, but into how many pieces they were cut nobody has said. */
function searchesOf({ task }: TaskRequest, { documentsPerSearch }: TaskBound): bigint {
  if (task?.$case !== "rerank" || documentsPerSearch === 0) return 1n;
  return BigInt(Math.max(1, Math.ceil(task.value.documents.length / documentsPerSearch)));
}

/**
 * Tokens of one image of the size and quality asked for; the dearest that it can be, where that was left to the provider or is one that nobody
 * knows: an image that was made is never free.
 */
function dearest({ size, quality }: ImageTask, { images }: TaskBound): bigint {
  const fits = (asked: string, listed: string): boolean =>
    asked === "" || asked === "auto" || listed === "" || listed === asked;
  const fitting = images.filter((each) => fits(size, each.size) && fits(quality, each.quality));
  const possible = fitting.length > 0 ? fitting : images;
  return BigInt(possible.reduce((most, { tokens }) => Math.max(most, Number(tokens)), 0));
}

import { tokenCountOf } from "@sluice/platform/tasks";
import { Usage } from "@sluice/proto/common/v1/usage";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { TaskBound } from "@sluice/proto/provider/v1/provider_service";
import type { ImageTask, RerankTask, TaskRequest, TranscriptionTask } from "@sluice/proto/tasks/v1/tasks";
import type { OutputBound } from "./output-bound.ts";
import type { PromptBound } from "./prompt-bounds.ts";

/** Tokens of a document that are one search, the query included, and those that are read of it unless the caller says otherwise. */
const CHUNK_TOKENS = 500;
const CHUNK_TOKENS_MIN = 100;
const READ_TOKENS = 4_096;

const PERMILLE = 1_000;
const MS_PER_SECOND = 1_000;

/** What a request beside chat can use at most. */
export interface BoundedTask {
  readonly input: PromptBound;
  readonly output: OutputBound;
  readonly units: Usage;
}

/** What one kind of request adds to its texts. */
interface Beside {
  /** Tokens of the answer. */
  readonly output?: number;
  readonly units?: Partial<Usage>;
  /** What cannot be bounded, in words. */
  readonly unbounded?: readonly string[];
}

/**
 * Bounds a request beside chat by what its model is billed by. `texts` is the bound of its texts, as it would be a chat's: models that are
 * billed by tokens are held for them, all others by their own unit alone.
 */
export function boundTask(task: TaskRequest, model: CatalogModel, texts: PromptBound): BoundedTask {
  const rule = model.taskBound ?? TaskBound.fromPartial({ unit: "tokens" });
  const beside = rule.unit === "tokens" ? besideTokens(task, model, rule) : byUnit(task, rule);
  const { output: tokens = 0, unbounded = [] } = beside;
  return {
    input: rule.unit === "tokens" ? withTokens(texts, tokenCountOf(task), unbounded) : { ...NO_TEXT, unbounded },
    output: { tokens, asked: true, by: "asked" },
    units: Usage.fromPartial(beside.units ?? {}),
  };
}

const NO_TEXT: PromptBound = { expected: 0, tokens: 0, method: "exact", unbounded: [], lesson: undefined };

/** Tokens that come as numbers are counted, but say nothing about how text is cut. */
function withTokens(texts: PromptBound, count: number, unbounded: readonly string[]): PromptBound {
  if (count === 0) return unbounded.length === 0 ? texts : { ...texts, unbounded };
  return { ...texts, expected: texts.expected + count, tokens: texts.tokens + count, unbounded, lesson: undefined };
}

function besideTokens({ task }: TaskRequest, model: CatalogModel, rule: TaskBound): Beside {
  switch (task?.$case) {
    case "image": {
      const each = tokensOfImage(task.value, rule);
      return each === 0 ? { unbounded: ["image"] } : { output: each * (task.value.n ?? 1) };
    }
    case "speech": {
      const tokens = Math.ceil((task.value.input.length * rule.audioTokensPermille) / PERMILLE);
      return tokens === 0 ? { unbounded: ["speech"] } : { units: { outputAudioTokens: BigInt(tokens) } };
    }
    case "transcription":
      return heard(task.value, model, rule);
    default:
      return {};
  }
}

/** The dearest image that fits what was asked: a size or quality left to the provider may be any. */
function tokensOfImage({ size, quality }: ImageTask, { images }: TaskBound): number {
  const fits = (asked: string, listed: string): boolean =>
    asked === "" || asked === "auto" || listed === "" || listed === asked;
  const priced = images.filter((each) => fits(size, each.size) && fits(quality, each.quality));
  // A size nobody knows may be as dear as the dearest.
  return (priced.length > 0 ? priced : images).reduce((most, { tokens }) => Math.max(most, Number(tokens)), 0);
}

function heard({ durationMs }: TranscriptionTask, model: CatalogModel, rule: TaskBound): Beside {
  const output = Number(model.maxOutputTokens);
  const context = Number(model.contextTokens);
  if (durationMs === undefined && context === 0) return { output, unbounded: ["sound of unknown length"] };
  const seconds = Number(durationMs ?? 0n) / MS_PER_SECOND;
  const tokens = durationMs === undefined ? context : Math.ceil((seconds * rule.audioTokensPermille) / PERMILLE);
  return { output, units: { inputAudioTokens: BigInt(tokens) } };
}

function byUnit({ task }: TaskRequest, rule: TaskBound): Beside {
  switch (rule.unit) {
    case "searches":
      return { units: { searches: BigInt(task?.$case === "rerank" ? searchesOf(task.value, rule) : 1) } };
    case "images":
      return { units: { images: BigInt(task?.$case === "image" ? (task.value.n ?? 1) : 1) } };
    case "characters":
      return { units: { characters: BigInt(task?.$case === "speech" ? task.value.input.length : 0) } };
    case "audio_ms": {
      const durationMs = task?.$case === "transcription" ? task.value.durationMs : 0n;
      if (durationMs === undefined) return { unbounded: ["sound of unknown length"] };
      return { units: { audioMs: durationMs > rule.minimumAudioMs ? durationMs : rule.minimumAudioMs } };
    }
    default:
      return { unbounded: [`requests billed by ${rule.unit}`] };
  }
}

/** Long documents are cut into pieces, each of which counts as a document. A token is at least one byte. */
function searchesOf({ query, documents, maxTokensPerDocument }: RerankTask, { documentsPerSearch }: TaskBound): number {
  if (documentsPerSearch === 0) return 1;
  const chunk = Math.max(CHUNK_TOKENS_MIN, CHUNK_TOKENS - Buffer.byteLength(query, "utf8"));
  const read = maxTokensPerDocument ?? READ_TOKENS;
  let pieces = 0;
  for (const document of documents) {
    pieces += Math.max(1, Math.ceil(Math.min(read, Buffer.byteLength(document, "utf8")) / chunk));
  }
  return Math.max(1, Math.ceil(pieces / documentsPerSearch));
}

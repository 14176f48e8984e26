import { ABILITIES, type TaskKind } from "@sluice/platform/tasks";
import { TaskRequest } from "@sluice/proto/tasks/v1/tasks";
import type { ModelEntry, Provider } from "@sluice/provider-adapter/recordings";
import { modelOf } from "@sluice/provider-adapter/recordings";

/** The endpoints beside chat, and what a small request at each asks. */
export const TASKS: readonly (readonly [path: string, kind: TaskKind, request: TaskRequest])[] = [
  [
    "/v1/embeddings",
    "embeddings",
    asking({ $case: "embeddings", value: { inputs: [{ kind: { $case: "text", value: "a" } }] } }),
  ],
  ["/v1/rerank", "rerank", asking({ $case: "rerank", value: { query: "a", documents: ["b", "c"] } })],
  [
    "/v1/moderations",
    "moderation",
    asking({ $case: "moderation", value: { inputs: [{ kind: { $case: "text", value: "a" } }] } }),
  ],
  ["/v1/images/generations", "image", asking({ $case: "image", value: { prompt: "a" } })],
  ["/v1/audio/speech", "speech", asking({ $case: "speech", value: { input: "a", voice: "alloy" } })],
  [
    "/v1/audio/transcriptions",
    "transcription",
    asking({
      ...{ $case: "transcription" },
      value: { audio: Buffer.from("RIFF"), fileName: "a.wav", mimeType: "audio/wav", durationMs: 1_000n },
    }),
  ],
];

function asking(task: NonNullable<Parameters<typeof TaskRequest.fromPartial>[0]["task"]>): TaskRequest {
  return TaskRequest.fromPartial({ model: "conformance/model", task });
}

/** What becomes of a request beside chat: "yes" if a model serves it, "own models" where it depends on what is installed, "none" if no model does. */
export function taskWord(provider: Provider, kind: TaskKind, request: TaskRequest): string {
  const able = provider.models.find(({ capabilities }) => capabilities.includes(ABILITIES[kind]));
  if (able !== undefined) return maps(provider, able, request) ? "yes" : "lost";
  const installed = modelOf(provider.name, { id: "installed", capabilities: [ABILITIES[kind]] });
  return maps(provider, installed, request) ? "listed models" : "none";
}

function maps(provider: Provider, entry: ModelEntry, request: TaskRequest): boolean {
  try {
    return provider.mapTask !== undefined && provider.mapTask(request, entry.id, entry) !== undefined;
  } catch {
    return false;
  }
}

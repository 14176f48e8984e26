import type { TaskRequest } from "@sluice/proto/tasks/v1/tasks";

/** What can be asked beside a chat. */
export type TaskKind = NonNullable<TaskRequest["task"]>["$case"];

/** The capability that a model of the catalogue has if it serves requests of a kind. Models with none of them chat. */
export const ABILITIES: Readonly<Record<TaskKind, string>> = {
  embeddings: "embeddings",
  rerank: "rerank",
  moderation: "moderation",
  image: "image_generation",
  speech: "speech",
  transcription: "transcription",
};

/** The capability a request needs. @throws TypeError for a request that asks for nothing */
export function abilityOf({ task }: TaskRequest): string {
  if (task === undefined) throw new TypeError("A task request asks for nothing.");
  return ABILITIES[task.$case];
}

import { ChatRequest, Message, Role } from "@sluice/proto/chat/v1/chat";
import type { TaskRequest } from "@sluice/proto/tasks/v1/tasks";

/**
 * The texts of a request beside chat, as a chat that reads as much: what bounds and counts the prompts of chats then does so for every kind of
 * request. It is never sent to anybody.
 */
export function chatOfTask(request: TaskRequest): ChatRequest {
  const messages = textsOf(request).map((value) =>
    Message.fromPartial({ role: Role.ROLE_USER, parts: [{ kind: { $case: "text", value } }] }),
  );
  return ChatRequest.fromPartial({ model: request.model, userLabel: request.userLabel, messages });
}

/** Tokens that a request brings as their numbers, beside its texts. */
export function tokenCountOf({ task }: TaskRequest): number {
  if (task?.$case !== "embeddings") return 0;
  let count = 0;
  for (const { kind } of task.value.inputs) if (kind?.$case === "tokens") count += kind.value.ids.length;
  return count;
}

function textsOf({ task }: TaskRequest): readonly string[] {
  switch (task?.$case) {
    case "embeddings":
      return task.value.inputs.flatMap(({ kind }) => (kind?.$case === "text" ? [kind.value] : []));
    case "rerank":
      // Most models read the query anew with each document.
      return task.value.documents.flatMap((document) => [task.value.query, document]);
    case "moderation":
      return task.value.inputs.flatMap(({ kind }) => (kind?.$case === "text" ? [kind.value] : []));
    case "image":
      return [task.value.prompt];
    case "speech":
      return [task.value.input, task.value.instructions].filter((text) => text !== "");
    case "transcription":
      return task.value.prompt === "" ? [] : [task.value.prompt];
    default:
      return [];
  }
}

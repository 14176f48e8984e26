import { ChatChunk, type ChatRequest, ResponseFormatKind } from "@sluice/proto/chat/v1/chat";

/** True if the answer's text must be JSON. */
export function wantsJson(chat: ChatRequest): boolean {
  const kind = chat.responseFormat?.kind;
  return (
    kind === ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT ||
    kind === ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA
  );
}

/** True for chunks that make no sense before they are whole. */
export function isStructured(chunk: ChatChunk): boolean {
  return chunk.event?.$case === "toolCall";
}

/** The same answer with another text: it stands where the first piece of text stood. */
export function repaired(held: readonly ChatChunk[], text: string): ChatChunk[] {
  let placed = false;
  const result: ChatChunk[] = [];
  for (const chunk of held) {
    if (chunk.event?.$case !== "text") {
      // Log probabilities belong to the tokens the model wrote, not to the repaired text.
      if (chunk.event?.$case !== "logprobsJson") result.push(chunk);
    } else if (!placed) {
      placed = true;
      result.push(ChatChunk.create({ ...chunk, event: { $case: "text", value: text } }));
    }
  }
  return result;
}

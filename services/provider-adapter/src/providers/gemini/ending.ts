import { type ChatChunk, FinishReason } from "@sluice/proto/chat/v1/chat";
import { besideJson } from "./beside.ts";
import { closeCall } from "./calls.ts";
import { type Candidate, chunk, wireChunk } from "./candidate.ts";
import { mapFinish } from "./finish.ts";
import { annotationsOf } from "./grounding.ts";

/** Appends what is only sure once nothing more comes: citations, and the finish with the facts that came beside the content. */
export function endCandidate(candidate: Candidate, into: ChatChunk[]): void {
  if (candidate.finish === undefined) return;
  closeCall(candidate, into);
  const { index, beside, finish } = candidate;
  if (beside !== undefined) {
    const annotations = annotationsOf(beside["groundingMetadata"], beside["citationMetadata"], candidate.text);
    if (annotations !== "") into.push(chunk(index, { $case: "annotationsJson", value: annotations }));
  }
  if (candidate.wireBeside !== undefined) into.push(wireChunk(index, { candidate: candidate.wireBeside }));
  // An empty reason stands for none given with a plain answer, which is over by itself.
  const reason = mapFinish(finish === "" ? "STOP" : finish, candidate.calls > 0);
  const extra = besideJson(candidate, reason === FinishReason.FINISH_REASON_CONTENT_FILTER);
  into.push(chunk(index, { $case: "finish", value: { reason, rawReason: finish, stopSequence: "" } }, extra));
}

/** The finish of an answer that never began because its prompt was blocked. */
export function endBlocked(raw: string): ChatChunk {
  const reason = FinishReason.FINISH_REASON_CONTENT_FILTER;
  return chunk(0, { $case: "finish", value: { reason, rawReason: raw, stopSequence: "" } });
}

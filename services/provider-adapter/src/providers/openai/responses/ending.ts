import type { SluiceError } from "@sluice/platform/errors";
import { type ChatChunk, FinishReason } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { chunk } from "../chunks.ts";
import { type ErrorSource, mapError } from "../errors.ts";
import { mapFinish } from "../finish.ts";
import { type MappedUsage, mapUsage } from "../usage.ts";
import { isObject, textOf } from "../wire.ts";

type WireObject = Readonly<Record<string, unknown>>;

/** Longest usage object kept for audit, in characters. */
const RAW_MAX = 4_096;

/** The wire has no finish reason: it follows from the status, the reason of an incomplete answer, and whether tools are to be called. */
export function finishOf(response: WireObject, calls: boolean): ChatChunk | undefined {
  const status = textOf(response["status"]) || "completed";
  if (status === "queued" || status === "in_progress") return undefined;
  const details = response["incomplete_details"];
  const why = isObject(details) ? textOf(details["reason"]) : "";
  const finish = (reason: FinishReason, rawReason: string): ChatChunk =>
    chunk(0, { $case: "finish", value: { reason, rawReason, stopSequence: "" } });
  if (status === "incomplete") {
    const length = why === "max_output_tokens";
    return finish(length ? FinishReason.FINISH_REASON_LENGTH : mapFinish(why), why || status);
  }
  if (status === "cancelled" || status === "failed") return finish(FinishReason.FINISH_REASON_ERROR, status);
  return finish(calls ? FinishReason.FINISH_REASON_TOOL_CALLS : FinishReason.FINISH_REASON_STOP, status);
}

/** The usage of an answer: the same counts as in a chat, under other names. */
export function usageOf(wire: unknown): MappedUsage {
  if (!isObject(wire)) return { usage: undefined, problems: [] };
  const mapped = mapUsage({
    prompt_tokens: wire["input_tokens"],
    completion_tokens: wire["output_tokens"],
    total_tokens: wire["total_tokens"],
    prompt_tokens_details: wire["input_tokens_details"],
    completion_tokens_details: wire["output_tokens_details"],
  });
  if (mapped.usage === undefined) return mapped;
  const raw = JSON.stringify(wire);
  const usage: Usage = { ...mapped.usage, rawJson: raw.length > RAW_MAX ? "" : raw };
  return { usage, problems: mapped.problems };
}

/** The failure an answer or event tells of; undefined if it tells of none. */
export function failureOf(holder: WireObject, source: ErrorSource): SluiceError | undefined {
  const { error } = holder;
  if (error === undefined || error === null || error === "") return undefined;
  return mapError(source, { status: 200, headers: {}, body: JSON.stringify({ error }) }, 0);
}

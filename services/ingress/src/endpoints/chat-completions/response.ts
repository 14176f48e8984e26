import type { AccumulatedAnswer } from "@sluice/platform/chat";
import { Dialect } from "@sluice/proto/chat/v1/chat";
import type { WholeAnswer } from "../../answer/printer.ts";
import { citingFields } from "./annotations.ts";
import { extraContent, needsDetails, reasoningDetails } from "./reasoning.ts";
import { toUsageBody } from "./usage.ts";
import { finishWord, tierWord } from "./words.ts";

/** Prints a whole answer as OpenAI's `chat.completion`. Fields a provider added beyond OpenAI's stay beside them. */
export function printCompletion(source: Omit<WholeAnswer, "chunks">): string {
  const { answer, head, summary } = source;
  const start = answer.start();
  const extra = start?.dialect === Dialect.DIALECT_OPENAI_CHAT ? parseExtra(start.extraJson) : {};
  return JSON.stringify({
    ...extra,
    id: start?.id || `chatcmpl-${source.requestId}`,
    object: "chat.completion",
    created: Number(start?.createdAtS || source.receivedAtS),
    model: start?.model || head.model,
    choices: answer.answers().map((choice) => toChoice(choice, head.provider)),
    usage: toUsageBody(summary.usage ?? answer.usage()),
    service_tier: tierWord(start?.serviceTier ?? ""),
    system_fingerprint: start?.systemFingerprint || undefined,
  });
}

/** Extra fields a provider sent as one JSON object; none if they are anything else. */
export function parseExtra(json: string): Readonly<Record<string, unknown>> {
  if (json === "") return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    // Extra fields are a courtesy: a broken one must not cost the caller its answer.
    return {};
  }
}

function toChoice(answer: AccumulatedAnswer, provider: string): object {
  return {
    index: answer.index,
    message: toMessage(answer, provider),
    logprobs: answer.logprobs === undefined ? null : { content: null, refusal: null, ...answer.logprobs },
    finish_reason: finishWord(answer.finish),
  };
}

function toMessage(answer: AccumulatedAnswer, provider: string): object {
  const reasoning = answer.reasoning.map((block) => block.text).join("");
  const silent =
    answer.toolCalls.length > 0 || answer.audio !== undefined || answer.refusal !== undefined || hasCall(answer);
  return {
    ...answer.extra,
    role: "assistant",
    content: answer.text === "" && silent ? null : answer.text,
    refusal: answer.refusal ?? null,
    reasoning_content: reasoning === "" ? undefined : reasoning,
    reasoning_details: needsDetails(answer.reasoning) ? reasoningDetails(answer.reasoning, provider) : undefined,
    ...citingFields(answer.annotations),
    audio: answer.audio && {
      id: answer.audio.id,
      data: Buffer.from(answer.audio.data).toString("base64"),
      expires_at: Number(answer.audio.expiresAtS),
      transcript: answer.audio.transcript,
    },
    tool_calls: answer.toolCalls.length === 0 ? undefined : answer.toolCalls.map((call) => toToolCall(call, provider)),
  };
}

const hasCall = (answer: AccumulatedAnswer): boolean => Object.hasOwn(answer.extra, "function_call");

function toToolCall(call: AccumulatedAnswer["toolCalls"][number], provider: string): object {
  const type = call.type === "" ? "function" : call.type;
  const extra = { extra_content: extraContent(call.signature, provider) };
  if (type === "custom") return { id: call.id, type, custom: { name: call.name, input: call.argumentsJson }, ...extra };
  return { id: call.id, type, function: { name: call.name, arguments: call.argumentsJson }, ...extra };
}

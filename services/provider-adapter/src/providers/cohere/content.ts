import { SluiceError } from "@sluice/platform/errors";
import { type ChatChunk, StartChunk } from "@sluice/proto/chat/v1/chat";
import { redactStart } from "../../redact.ts";
import { chunk } from "../openai/chunks.ts";
import type { ErrorSource } from "../openai/errors.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { mapFinish } from "./finish.ts";

type WireObject = Readonly<Record<string, unknown>>;

const MESSAGE_MAX = 1_024;

/** The chunk that opens an answer; the wire does not tell the model. */
export function startChunk(answer: WireObject): ChatChunk {
  return chunk(0, { $case: "start", value: StartChunk.create({ id: textOf(answer["id"]) }) });
}

/** Appends text. */
export function say(text: string, into: ChatChunk[]): void {
  if (text !== "") into.push(chunk(0, { $case: "text", value: text }));
}

/** Appends thinking; a plan for tools is thinking too. */
export function think(text: string, into: ChatChunk[]): void {
  if (text === "") return;
  into.push(chunk(0, { $case: "reasoning", value: { text, signature: "", redacted: false, id: "", block: 0 } }));
}

/** Appends to the arguments of a call; false if there was nothing to append. */
export function addArguments(piece: string, call: number, into: ChatChunk[]): boolean {
  if (piece === "") return false;
  const value = { call, id: "", name: "", argumentsJson: piece, signature: "", type: "" };
  into.push(chunk(0, { $case: "toolCall", value }));
  return true;
}

/** Opens a call with whatever it holds already; true if that includes arguments. */
export function openCall(wire: WireObject, call: number, into: ChatChunk[]): boolean {
  const named = isObject(wire["function"]) ? wire["function"] : {};
  const argumentsJson = textOf(named["arguments"]);
  const names = { id: textOf(wire["id"]), name: textOf(named["name"]), type: "function" };
  into.push(chunk(0, { $case: "toolCall", value: { call, argumentsJson, signature: "", ...names } }));
  return argumentsJson !== "";
}

/** Appends citations. */
export function cite(citations: unknown, into: ChatChunk[]): void {
  if (!Array.isArray(citations) || !citations.some(isObject)) return;
  into.push(chunk(0, { $case: "annotationsJson", value: JSON.stringify(citations.filter(isObject)) }));
}

/** The chunk that ends an answer. */
export function finishChunk(answer: WireObject): ChatChunk {
  const rawReason = textOf(answer["finish_reason"]);
  return chunk(0, { $case: "finish", value: { reason: mapFinish(rawReason), rawReason, stopSequence: "" } });
}

const FAILURES: ReadonlySet<string> = new Set(["ERROR", "TIMEOUT", "USER_CANCEL"]);

/** The failure with which an answer ended though it began well; undefined if it did not. */
export function failureOf(answer: WireObject, source: ErrorSource): SluiceError | undefined {
  const reason = textOf(answer["finish_reason"]);
  if (!FAILURES.has(reason)) return undefined;
  const said = redactStart(textOf(answer["error"]), MESSAGE_MAX);
  const message = said === "" ? `${source.name} ended its answer with ${reason}.` : said;
  const code = reason === "TIMEOUT" ? "upstream_timeout" : "upstream_unavailable";
  return new SluiceError(code, message, {
    details: { provider: source.name, providerCode: reason, upstreamStatus: 200 },
  });
}

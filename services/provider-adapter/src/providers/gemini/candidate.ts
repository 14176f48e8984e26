import { newId } from "@sluice/platform/ids";
import type { ChatChunk, ReasoningDelta } from "@sluice/proto/chat/v1/chat";
import { rawReasonOf } from "./finish.ts";
import { logprobsOf } from "./logprobs.ts";
import { PartialArguments } from "./partial-arguments.ts";
import { isObject, objectsOf, textOf, type WireCandidate, type WirePart } from "./wire.ts";

/** Longest part of an answer's id inside a call's id: other providers take ids of up to 40 characters. */
const ID_PART = 28;

/** What is known of one candidate between two events. Only the functions of this file and of finish-candidate.ts change it. */
export interface Candidate {
  readonly index: number;
  /** True once anything of an answer came: text, thoughts, calls, media. */
  content: boolean;
  calls: number;
  /** A call whose arguments are still arriving. */
  open: { readonly call: number; readonly args: PartialArguments } | undefined;
  blocks: number;
  thinking: boolean;
  /** The text so far, to find cited passages in. */
  text: string;
  finish: string | undefined;
  /** Facts about the candidate that come beside its content; the last of each name counts. */
  beside: Record<string, unknown> | undefined;
}

/** A candidate before its first event. */
export function newCandidate(index: number): Candidate {
  return {
    index,
    content: false,
    calls: 0,
    open: undefined,
    blocks: 0,
    thinking: false,
    text: "",
    finish: undefined,
    beside: undefined,
  };
}

/** A chunk of one choice. */
export function chunk(choice: number, event: ChatChunk["event"], extraJson = ""): ChatChunk {
  return { choice, event, extraJson };
}

function reasoning(candidate: Candidate, text: string, signature: string, into: ChatChunk[]): void {
  const value: ReasoningDelta = { text, signature, redacted: false, id: "", block: candidate.blocks - 1 };
  into.push(chunk(candidate.index, { $case: "reasoning", value }));
}

function thought(candidate: Candidate, text: string, signature: string, into: ChatChunk[]): void {
  if (!candidate.thinking) candidate.blocks += 1;
  // A signature seals its block: what is thought afterwards is another.
  candidate.thinking = signature === "";
  if (text !== "" || signature !== "") reasoning(candidate, text, signature, into);
}

/** Appends text; a signature beside it becomes a block of reasoning of its own, without text. */
function textPart(candidate: Candidate, part: WirePart, into: ChatChunk[]): void {
  const text = textOf(part.text);
  const signature = textOf(part.thoughtSignature);
  if (part.thought === true) {
    thought(candidate, text, signature, into);
    return;
  }
  if (text !== "") {
    candidate.thinking = false;
    candidate.text += text;
    into.push(chunk(candidate.index, { $case: "text", value: text }));
  }
  if (signature !== "") {
    candidate.thinking = false;
    thought(candidate, "", signature, into);
  }
}

/** Google mostly gives calls no id; one is made of the answer's own id, so that it is the same whenever it is read again. */
function callId(given: string, answerId: string, candidate: Candidate): string {
  if (given !== "") return given;
  if (answerId === "") return newId("call");
  const safe = answerId.replace(/[^A-Za-z0-9_-]/g, "").slice(0, ID_PART);
  const place = candidate.index === 0 ? String(candidate.calls) : `${candidate.index}_${candidate.calls}`;
  return `call_${safe}_${place}`;
}

/** Ends a call whose arguments came in pieces: now they are whole. */
export function closeCall(candidate: Candidate, into: ChatChunk[]): void {
  const { open } = candidate;
  if (open === undefined) return;
  candidate.open = undefined;
  const value = { call: open.call, id: "", name: "", argumentsJson: open.args.toJson(), signature: "", type: "" };
  into.push(chunk(candidate.index, { $case: "toolCall", value }));
}

function callPart(candidate: Candidate, part: WirePart, answerId: string, into: ChatChunk[]): void {
  if (!isObject(part.functionCall)) return;
  const { functionCall: wire } = part;
  const name = textOf(wire["name"]);
  const more = wire["willContinue"] === true;
  candidate.thinking = false;
  if (name === "" && candidate.open !== undefined) {
    candidate.open.args.merge(wire["args"]);
    candidate.open.args.add(wire["partialArgs"]);
    if (!more) closeCall(candidate, into);
    return;
  }
  closeCall(candidate, into);
  const inPieces = more || wire["partialArgs"] !== undefined;
  const value = {
    call: candidate.calls,
    id: callId(textOf(wire["id"]), answerId, candidate),
    name,
    argumentsJson: inPieces ? "" : JSON.stringify(wire["args"] ?? {}),
    signature: textOf(part.thoughtSignature),
    type: "function",
  };
  into.push(chunk(candidate.index, { $case: "toolCall", value }));
  candidate.calls += 1;
  if (!inPieces) return;
  const args = new PartialArguments();
  args.merge(wire["args"]);
  args.add(wire["partialArgs"]);
  candidate.open = { call: value.call, args };
  if (!more) closeCall(candidate, into);
}

/** Parts without a place of their own, as callers of other gateways know them: pictures as addresses, the rest as it came. */
interface Others {
  images: unknown[];
  parts: unknown[];
}

function mediaPart(candidate: Candidate, part: WirePart, others: Others, into: ChatChunk[]): void {
  const media = isObject(part.inlineData) ? part.inlineData : {};
  const mimeType = textOf(media["mimeType"]);
  const data = textOf(media["data"]);
  if (part.thought === true) others.parts.push(part);
  else if (mimeType.startsWith("image/")) {
    others.images.push({ type: "image_url", image_url: { url: `data:${mimeType};base64,${data}` } });
  } else if (mimeType.startsWith("audio/")) {
    const value = { id: "", data: Buffer.from(data, "base64"), transcript: "", expiresAtS: 0n };
    into.push(chunk(candidate.index, { $case: "audio", value }, JSON.stringify({ audio_mime_type: mimeType })));
  } else others.parts.push(part);
  const signature = textOf(part.thoughtSignature);
  candidate.thinking = false;
  if (signature !== "" && part.thought !== true) thought(candidate, "", signature, into);
}

function stepPart(candidate: Candidate, part: WirePart, answerId: string, others: Others, into: ChatChunk[]): void {
  if (part.functionCall !== undefined) callPart(candidate, part, answerId, into);
  else if (part.inlineData !== undefined) mediaPart(candidate, part, others, into);
  else if (part.text !== undefined || Object.keys(part).every((field) => field === "thoughtSignature")) {
    textPart(candidate, part, into);
  } else others.parts.push(part);
}

function othersChunk(candidate: Candidate, others: Others, into: ChatChunk[]): void {
  if (others.images.length === 0 && others.parts.length === 0) return;
  const extra = {
    ...(others.images.length > 0 && { images: others.images }),
    ...(others.parts.length > 0 && { content_parts: others.parts }),
  };
  candidate.content = true;
  into.push(chunk(candidate.index, undefined, JSON.stringify(extra)));
}

const BESIDE: Readonly<Record<string, string>> = {
  groundingMetadata: "grounding_metadata",
  citationMetadata: "citation_metadata",
  urlContextMetadata: "url_context_metadata",
  finishMessage: "finish_message",
  safetyRatings: "safety_ratings",
};

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);
}

function keepBeside(candidate: Candidate, wire: WireCandidate): void {
  for (const field in BESIDE) {
    const value = wire[field];
    if (isEmpty(value)) continue;
    candidate.beside ??= {};
    const before = candidate.beside[field];
    candidate.beside[field] = isObject(before) && isObject(value) ? { ...before, ...value } : value;
  }
}

/** What came beside the content, as extra fields of the finish; ratings only tell something where a filter stopped the answer. */
export function besideJson(candidate: Candidate, filtered: boolean): string {
  if (candidate.beside === undefined) return "";
  const entries = Object.entries(candidate.beside).filter(([field]) => filtered || field !== "safetyRatings");
  const named = entries.map(([field, value]) => [BESIDE[field] ?? field, value] as const);
  return named.length === 0 ? "" : JSON.stringify(Object.fromEntries(named));
}

/** Takes one event's piece of a candidate. Its reason to finish is kept: some models repeat one on every event. */
export function stepCandidate(candidate: Candidate, wire: WireCandidate, answerId: string, into: ChatChunk[]): void {
  const before = into.length;
  const others: Others = { images: [], parts: [] };
  if (isObject(wire.content)) {
    for (const part of objectsOf(wire.content["parts"])) stepPart(candidate, part, answerId, others, into);
    othersChunk(candidate, others, into);
  }
  if (into.length > before) candidate.content = true;
  const logprobs = logprobsOf(wire.logprobsResult);
  if (logprobs !== "") into.push(chunk(candidate.index, { $case: "logprobsJson", value: logprobs }));
  keepBeside(candidate, wire);
  const reason = rawReasonOf(wire.finishReason);
  if (reason !== "") candidate.finish = reason;
}

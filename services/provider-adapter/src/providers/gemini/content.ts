import type { ChatChunk, ReasoningDelta } from "@sluice/proto/chat/v1/chat";
import { keepBeside } from "./beside.ts";
import { callPart } from "./calls.ts";
import { type Candidate, chunk, wireChunk } from "./candidate.ts";
import { rawReasonOf } from "./finish.ts";
import { logprobsOf } from "./logprobs.ts";
import { isObject, objectsOf, textOf, type WireCandidate, type WirePart } from "./wire.ts";

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

/** Puts a part aside that has no place of its own, and tells those who know its dialect where it stood. */
function setAside(candidate: Candidate, part: WirePart, aside: unknown[], entry: unknown, into: ChatChunk[]): void {
  aside.push(entry);
  into.push(wireChunk(candidate.index, { part }));
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
  if (part.thought === true) setAside(candidate, part, others.parts, part, into);
  else if (mimeType.startsWith("image/")) {
    const image = { type: "image_url", image_url: { url: `data:${mimeType};base64,${data}` } };
    setAside(candidate, part, others.images, image, into);
  } else if (mimeType.startsWith("audio/")) {
    const value = { id: "", data: Buffer.from(data, "base64"), transcript: "", expiresAtS: 0n };
    into.push(chunk(candidate.index, { $case: "audio", value }, JSON.stringify({ audio_mime_type: mimeType })));
  } else setAside(candidate, part, others.parts, part, into);
  const signature = textOf(part.thoughtSignature);
  candidate.thinking = false;
  if (signature !== "" && part.thought !== true) thought(candidate, "", signature, into);
}

function stepPart(candidate: Candidate, part: WirePart, answerId: string, others: Others, into: ChatChunk[]): void {
  if (part.functionCall !== undefined) callPart(candidate, part, answerId, into);
  else if (part.inlineData !== undefined) mediaPart(candidate, part, others, into);
  else if (part.text !== undefined || Object.keys(part).every((field) => field === "thoughtSignature")) {
    textPart(candidate, part, into);
  } else setAside(candidate, part, others.parts, part, into);
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
  if (logprobs !== "") {
    into.push(chunk(candidate.index, { $case: "logprobsJson", value: logprobs }));
    into.push(wireChunk(candidate.index, { logprobs: wire.logprobsResult }));
  }
  keepBeside(candidate, wire);
  const reason = rawReasonOf(wire.finishReason);
  if (reason !== "") candidate.finish = reason;
}

import { newId } from "@sluice/platform/ids";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { type Candidate, chunk } from "./candidate.ts";
import { PartialArguments } from "./partial-arguments.ts";
import { isObject, textOf, type WirePart } from "./wire.ts";

/** Longest part of an answer's id inside a call's id: other providers take ids of up to 40 characters. */
const ID_PART = 28;

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

/** Takes a function call: whole, or the next piece of the one that is open. */
export function callPart(candidate: Candidate, part: WirePart, answerId: string, into: ChatChunk[]): void {
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

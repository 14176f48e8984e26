import type { ReasoningDelta, ReasoningPart } from "@sluice/proto/chat/v1/chat";
import type { BlockNumbers } from "./numbers.ts";
import { isObject, textOf } from "./wire.ts";

/**
 * `reasoning_details`: typed blocks of thinking with signatures that must come back unchanged;
 * https://openrouter.ai/docs/use-cases/reasoning-tokens. The canonical form has no place for a block's format and kind, which must
 * come back too, so they ride in the block's id as `format|kind|id`.
 */

const ENCRYPTED = "reasoning.encrypted";
const SUMMARY = "reasoning.summary";
const TEXT = "reasoning.text";

function idOf(detail: Readonly<Record<string, unknown>>, kind: string): string {
  const format = textOf(detail["format"]);
  const id = textOf(detail["id"]);
  return format === "" && id === "" && kind === TEXT ? "" : `${format}|${kind}|${id}`;
}

function deltaOf(detail: unknown, position: number, blocks: BlockNumbers): ReasoningDelta | undefined {
  if (!isObject(detail)) return undefined;
  const kind = textOf(detail["type"]) || TEXT;
  const redacted = kind === ENCRYPTED;
  const signature = textOf(redacted ? detail["data"] : detail["signature"]);
  const text = textOf(detail["text"]) || textOf(detail["summary"]);
  if (signature === "" && text === "") return undefined;
  const index = typeof detail["index"] === "number" ? detail["index"] : position;
  // Encrypted blocks come whole, and several may share an index.
  const key = redacted ? `${kind}|${index}|${textOf(detail["id"])}` : `${kind}|${index}`;
  return { text, signature, redacted, id: idOf(detail, kind), block: blocks.numberOf(key) };
}

/** The reasoning deltas of a list of details; `plain` is the same thinking as bare text, used if the details hold none. */
export function readDetails(details: readonly unknown[], plain: string, blocks: BlockNumbers): ReasoningDelta[] {
  const deltas: ReasoningDelta[] = [];
  for (const [position, detail] of details.entries()) {
    const delta = deltaOf(detail, position, blocks);
    if (delta !== undefined) deltas.push(delta);
  }
  if (plain === "" || deltas.some(({ text }) => text !== "")) return deltas;
  return [{ text: plain, signature: "", redacted: false, id: "", block: blocks.numberOf(TEXT) }, ...deltas];
}

/** One block in the form it had. */
function detailOf(part: ReasoningPart, index: number): Record<string, unknown> {
  const [format = "", kind = "", id = ""] = part.id.split("|");
  const type = kind || (part.redacted ? ENCRYPTED : TEXT);
  const named = { ...(id !== "" && { id }), ...(format !== "" && { format }), index };
  if (type === ENCRYPTED) return { type, data: part.signature, ...named };
  if (type === SUMMARY) return { type, summary: part.text, ...named };
  return { type, text: part.text, ...(part.signature !== "" && { signature: part.signature }), ...named };
}

/** The list to send back: only blocks this provider made itself, because signatures are valid nowhere else. */
export function writeDetails(parts: readonly ReasoningPart[], provider: string): Record<string, unknown>[] {
  return parts.filter((part) => part.provider === provider).map(detailOf);
}

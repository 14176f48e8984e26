import type { AccumulatedReasoning } from "@sluice/platform/chat";
import type { Part } from "@sluice/proto/chat/v1/chat";
import { extrasOf } from "./extras.ts";
import { newPart } from "./parts.ts";
import type { Problems } from "./problems.ts";
import type { MessageBody, ReasoningDetailBody, ToolCallBody } from "./schema.ts";

/**
 * One block of thinking as callers keep it and send it back. OpenAI has no place for it; this is the form other gateways made customary,
 * with the provider beside it, because a signature is valid only there.
 */
export interface ReasoningDetail {
  readonly type: "reasoning.text" | "reasoning.encrypted";
  readonly text?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly id?: string;
  readonly provider: string;
  readonly index: number;
}

/** What a tool call carries beside itself, by provider. */
export type ExtraContent = Readonly<Record<string, { readonly thought_signature: string }>>;

const ENTRY_FIELDS: ReadonlySet<string> = new Set([
  "type",
  "text",
  "summary",
  "signature",
  "data",
  "id",
  "provider",
  "index",
]);
const KINDS = '"reasoning.text", "reasoning.summary", "reasoning.encrypted"';

/** True if the thinking holds more than readable text, so that text alone would lose something. */
export function needsDetails(blocks: readonly AccumulatedReasoning[]): boolean {
  return blocks.some((block) => block.signature !== "" || block.redacted || block.id !== "");
}

/** Prints every block of an answer's thinking, in order. */
export function reasoningDetails(blocks: readonly AccumulatedReasoning[], provider: string): ReasoningDetail[] {
  return blocks.map((block, index) => ({
    type: block.redacted ? "reasoning.encrypted" : "reasoning.text",
    ...((!block.redacted || block.text !== "") && { text: block.text }),
    ...(block.redacted ? { data: block.signature } : block.signature !== "" && { signature: block.signature }),
    ...(block.id !== "" && { id: block.id }),
    provider,
    index,
  }));
}

/** Prints the signature of a tool call; undefined if it has none. */
export function extraContent(signature: string, provider: string): ExtraContent | undefined {
  return signature === "" ? undefined : { [provider]: { thought_signature: signature } };
}

/** Reads the thinking an assistant message brings back. The details win: clients that join streams by overwriting hold only the text's end. */
export function toReasoningParts(body: MessageBody, path: string, problems: Problems): Part[] {
  const { reasoning_details: details, reasoning_content: text } = body;
  if (details && details.length > 0) {
    return details.flatMap((entry, index) => toReasoningPart(entry, `${path}.reasoning_details[${index}]`, problems));
  }
  if (!text) return [];
  return [newPart({ $case: "reasoning", value: { text, signature: "", redacted: false, id: "", provider: "" } })];
}

function toReasoningPart(entry: ReasoningDetailBody, path: string, problems: Problems): Part[] {
  const redacted = entry.type === "reasoning.encrypted";
  if (!redacted && entry.type !== "reasoning.text" && entry.type !== "reasoning.summary") {
    problems.add(`${path}.type`, `must be one of ${KINDS}; got ${JSON.stringify(entry.type)}`);
    return [];
  }
  if (redacted && !entry.data) problems.add(`${path}.data`, `is required in an entry of type "${entry.type}"`);
  const value = {
    text: entry.text ?? entry.summary ?? "",
    signature: (redacted ? entry.data : entry.signature) ?? "",
    redacted,
    id: entry.id ?? "",
    provider: entry.provider ?? "",
  };
  if (value.text === "" && value.signature === "" && value.id === "") return [];
  return [{ ...newPart({ $case: "reasoning", value }), extraJson: extrasOf(entry, ENTRY_FIELDS) }];
}

/** What a tool call brings back: its signature, who made it, and whatever else lay beside it. */
export interface CarriedSignature {
  readonly signature: string;
  readonly provider: string;
  /** Undefined if nothing is left over. */
  readonly rest: Readonly<Record<string, unknown>> | undefined;
}

/** Takes the one signature out of a tool call's `extra_content`; everything else in there stays as it is. */
export function readSignature(body: ToolCallBody, path: string, problems: Problems): CarriedSignature {
  let found: CarriedSignature = { signature: "", provider: "", rest: undefined };
  const rest: [string, unknown][] = [];
  for (const [provider, value] of Object.entries(body.extra_content ?? {})) {
    if (typeof value !== "object" || value === null || !("thought_signature" in value)) {
      rest.push([provider, value]);
      continue;
    }
    const { thought_signature: signature, ...others } = value;
    if (typeof signature !== "string") problems.add(`${path}.${provider}.thought_signature`, "must be a string");
    else if (found.signature !== "") problems.add(path, "may hold the thought_signature of one provider only");
    else found = { signature, provider: signature === "" ? "" : provider, rest: undefined };
    if (Object.keys(others).length > 0) rest.push([provider, others]);
  }
  return rest.length === 0 ? found : { ...found, rest: Object.fromEntries(rest) };
}

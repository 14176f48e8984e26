import { SluiceError } from "@sluice/platform/errors";
import { z } from "zod";
import type { KeptResponse } from "../../kept/kept-responses.ts";
import { typeOf } from "./conversation.ts";
import { type ItemBody, itemSchema, type PartBody } from "./schema.ts";

const items = z.array(itemSchema);
const OUTPUT_WORDS = { annotations: [], logprobs: [] };
/** Ids as the door makes them: what kind of item, which response, and which of its items. */
const ITEM_ID = /^[a-z]+_([0-9a-z]{25})_[hi]?\d{1,6}$/;
/** Items that carry proofs their caller did not ask for. */
const HIDDEN = /_h\d+$/;

/** The items a request brought, in the form in which they are kept and listed: each with an id, content always a list. */
export function toKeptItems(given: readonly ItemBody[], requestId: string): object[] {
  const idBody = requestId.slice(requestId.indexOf("_") + 1);
  return given.map((item, index) => {
    const id = item.id || `${prefixOf(item)}_${idBody}_i${index}`;
    if (typeOf(item) !== "message") return { status: "completed", ...item, id };
    const content =
      typeof item.content === "string" ? [{ type: "input_text", text: item.content }] : (item.content ?? []);
    const parts = content.map((part) => (item.role === "assistant" ? toOutputPart(part) : toInputPart(part)));
    return { ...item, id, type: "message", status: "completed", content: parts };
  });
}

function prefixOf(item: ItemBody): string {
  switch (typeOf(item)) {
    case "message":
      return "msg";
    case "reasoning":
      return "rs";
    case "function_call_output":
    case "custom_tool_call_output":
      return "fco";
    default:
      return "fc";
  }
}

function toOutputPart(part: PartBody): object {
  if (part.type === "refusal") return part;
  return { ...OUTPUT_WORDS, ...part, type: "output_text" };
}

function toInputPart(part: PartBody): object {
  if (part.type === "text") return { ...part, type: "input_text" };
  return part.type === "input_image" ? { detail: "auto", ...part } : part;
}

/** The id of the response that keeps an item; undefined for an id of somebody else. */
export function responseOfItem(id: string): string | undefined {
  const body = ITEM_ID.exec(id)?.[1];
  return body === undefined ? undefined : `resp_${body}`;
}

/** What a kept response adds to a conversation: the items of its request, then its own. */
export function itemsOf(kept: KeptResponse): ItemBody[] {
  return [...inputOf(kept), ...read((responseOf(kept) as { readonly output?: unknown }).output, kept)];
}

/** The items of its request. */
export function inputOf(kept: KeptResponse): ItemBody[] {
  return read(JSON.parse(kept.inputJson), kept);
}

/** The response itself. */
export function responseOf(kept: KeptResponse): Readonly<Record<string, unknown>> {
  return JSON.parse(kept.responseJson) as Readonly<Record<string, unknown>>;
}

function read(value: unknown, { id }: KeptResponse): ItemBody[] {
  const parsed = items.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new SluiceError("internal", `The kept response ${id} cannot be read.`, { cause: parsed.error });
}

/** Kept items as callers get them: what only a provider can read is shown to those who ask for it. */
export function shown(given: readonly ItemBody[], withProofs: boolean): object[] {
  if (withProofs) return [...given];
  return given
    .filter(({ id }) => !HIDDEN.test(id ?? ""))
    .map((item) => {
      if (item.type !== "reasoning") return item;
      const { encrypted_content: _proof, ...rest } = item;
      return rest;
    });
}

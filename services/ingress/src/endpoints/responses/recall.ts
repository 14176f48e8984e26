import { SluiceError } from "@sluice/platform/errors";
import type { KeptResponses } from "../../kept/kept-responses.ts";
import type { Entry } from "../../pipeline.ts";
import { itemsOf, responseOfItem } from "./kept-items.ts";
import { type Recalled, referencedIds } from "./request.ts";
import type { ItemBody, ResponseRequestBody } from "./schema.ts";

/**
 * Finds what a request builds on.
 * @throws not_found if it is not kept for the caller's organisation, invalid_request if this door keeps nothing
 */
export async function recall(
  kept: KeptResponses | undefined,
  { caller: { tenantId }, place: { reserve } }: Entry,
  body: ResponseRequestBody,
): Promise<Recalled> {
  const { previous_response_id: previous } = body;
  const ids = referencedIds(body);
  if (!previous && ids.length === 0) return { earlier: [], referenced: new Map() };
  if (kept === undefined) throw keepsNothing(previous ? "previous_response_id" : "input");
  const chain = previous ? await kept.conversation({ tenantId, id: previous, reserve }) : [];
  return { earlier: chain.flatMap(itemsOf), referenced: await referencedItems(kept, tenantId, ids) };
}

async function referencedItems(
  kept: KeptResponses,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ItemBody>> {
  const found = new Map<string, ItemBody>();
  const responses = new Set(ids.map(responseOfItem).filter((id) => id !== undefined));
  for (const id of responses) {
    const response = await kept.find(tenantId, id);
    for (const item of response === undefined ? [] : itemsOf(response)) found.set(item.id ?? "", item);
  }
  return found;
}

/** This door was told to keep nothing. */
export function keepsNothing(param: string): SluiceError {
  const message =
    "Responses are not kept here (ingress.stored_responses is false): send the whole conversation in input.";
  return new SluiceError("invalid_request", message, { details: { param } });
}

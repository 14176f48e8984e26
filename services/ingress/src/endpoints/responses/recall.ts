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
  const responses = [...new Set(ids.map(responseOfItem).filter((id) => id !== undefined))];
  const named = await kept.several({ tenantId, ids: responses, reserve });
  const referenced = new Map(named.flatMap(itemsOf).map((item) => [item.id ?? "", item]));
  // An item is said as often as it is named: a few bytes in the request stand for all of it.
  const said = bytesOf(ids, referenced);
  kept.checkNamed(said);
  reserve(said);
  return { earlier: chain.flatMap(itemsOf), referenced };
}

function bytesOf(ids: readonly string[], referenced: ReadonlyMap<string, ItemBody>): number {
  const sizes = new Map<string, number>();
  let sum = 0;
  for (const id of ids) {
    const item = referenced.get(id);
    const size = sizes.get(id) ?? (item === undefined ? 0 : Buffer.byteLength(JSON.stringify(item)));
    sizes.set(id, size);
    sum += size;
  }
  return sum;
}

/** This door was told to keep nothing. */
export function keepsNothing(param: string): SluiceError {
  const message =
    "Responses are not kept here (ingress.stored_responses is false): send the whole conversation in input.";
  return new SluiceError("invalid_request", message, { details: { param } });
}

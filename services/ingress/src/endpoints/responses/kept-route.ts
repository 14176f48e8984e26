import { SluiceError } from "@sluice/platform/errors";
import { z } from "zod";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import { type KeptResponse, type KeptResponses, unknownResponse } from "../../kept/kept-responses.ts";
import { authenticate } from "../../steps/authenticate.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { inputOf, itemsOf, responseOf, shown } from "./kept-items.ts";
import { keepsNothing } from "./recall.ts";
import type { ItemBody } from "./schema.ts";

const PROOFS = "reasoning.encrypted_content";
const PARAM = "response_id";

const listQuery = z.looseObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(["asc", "desc"]).default("desc"),
  after: z.string().max(1_024).optional(),
});

/** What was named by the address, for whom. */
interface Named {
  readonly kept: KeptResponses;
  readonly tenantId: string;
  readonly id: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly reserve: (bytes: number) => void;
}

/** `GET /v1/responses/{id}`: a response that was kept. */
export const showResponse: EndpointFactory = (door) => ({
  method: "GET",
  path: "/v1/responses/:id",
  handle: (exchange) =>
    withKept(door, exchange, async (named) => {
      if (named.query["stream"] === "true") throw noReplay();
      const kept = await found(named);
      const output = itemsOf(kept).slice(inputOf(kept).length);
      exchange.reply.send({ ...responseOf(kept), output: shown(output, wantsProofs(named)) });
    }),
});

/** `DELETE /v1/responses/{id}`: forgets a response. */
export const deleteResponse: EndpointFactory = (door) => ({
  method: "DELETE",
  path: "/v1/responses/:id",
  handle: (exchange) =>
    withKept(door, exchange, async ({ kept, tenantId, id }) => {
      if (!(await kept.forget(tenantId, id))) throw unknownResponse(id, PARAM);
      exchange.reply.send({ id, object: "response", deleted: true });
    }),
});

/** `GET /v1/responses/{id}/input_items`: everything the model was given for a response, newest first unless asked otherwise. */
export const listInputItems: EndpointFactory = (door) => ({
  method: "GET",
  path: "/v1/responses/:id/input_items",
  handle: (exchange) =>
    withKept(door, exchange, async (named) => {
      const wish = readList(named.query);
      const last = await found(named);
      const { kept, tenantId, reserve } = named;
      const before = last.previousId;
      const earlier = before === undefined ? [] : await kept.conversation({ tenantId, id: before, reserve });
      const items = [...earlier.flatMap(itemsOf), ...inputOf(last)];
      const data = shown(items, wantsProofs(named)) as ItemBody[];
      exchange.reply.send(pageOf(wish.order === "asc" ? data : data.toReversed(), wish));
    }),
});

/** Serves who may ask, within the door's limit of requests at once: a conversation can be as large as a body. */
async function withKept(door: Door, exchange: Exchange, serve: (named: Named) => Promise<void>): Promise<void> {
  const { tenantId, keyId } = await authenticate(door, exchange);
  const { id = "" } = exchange.request.params as Readonly<Record<string, string>>;
  if (door.kept === undefined) throw keepsNothing(PARAM);
  const query = exchange.request.query as Readonly<Record<string, unknown>>;
  const place = door.gate.enter(keyId, exchange.abort);
  try {
    await serve({ kept: door.kept, tenantId, id: id.slice(0, 128), query, reserve: place.reserve });
  } finally {
    place.release();
  }
}

async function found({ kept, tenantId, id, reserve }: Named): Promise<KeptResponse> {
  const response = await kept.find(tenantId, id, reserve);
  if (response === undefined) throw unknownResponse(id, PARAM);
  return response;
}

/** `include` may stand several times, with or without brackets behind its name. */
function wantsProofs({ query }: Named): boolean {
  return [query["include"], query["include[]"]].flat().includes(PROOFS);
}

function readList(query: Readonly<Record<string, unknown>>): z.output<typeof listQuery> {
  const parsed = listQuery.safeParse(query);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const param = String(first?.path[0] ?? "limit");
  const rules = "limit is 1 to 100, order is asc or desc, after is the id of an item";
  throw new SluiceError("invalid_request", `The query field ${param} is not valid: ${rules}.`, { details: { param } });
}

function pageOf(items: readonly ItemBody[], { limit, after }: z.output<typeof listQuery>): object {
  const at = after === undefined ? -1 : items.findIndex(({ id }) => id === after);
  if (after !== undefined && at === -1) {
    const message = `The query field after names no item of this response: ${JSON.stringify(after.slice(0, 64))}.`;
    throw new SluiceError("invalid_request", message, { details: { param: "after" } });
  }
  const data = items.slice(at + 1, at + 1 + limit);
  const edge = { first_id: data[0]?.id ?? "", last_id: data.at(-1)?.id ?? "" };
  return { object: "list", data, ...edge, has_more: at + 1 + limit < items.length };
}

function noReplay(): SluiceError {
  const message = "A kept response is told whole: leave out stream=true.";
  return new SluiceError("invalid_request", message, { details: { param: "stream" } });
}

import { newId } from "@sluice/platform/ids";
import type { Door, Refusal } from "../serve/wire.ts";
import type { Exchange } from "./exchange.ts";

/** Writes a whole body with its head. */
export function sendText(
  exchange: Exchange,
  head: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  text: string | Uint8Array,
): void {
  const { request, response } = exchange;
  // A body that was not read to its end makes the connection useless for the next request.
  const unread = request.complete ? {} : { connection: "close" };
  response.writeHead(head.status, { ...head.headers, ...unread, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** Writes a JSON body with the door's usual headers. */
export function sendJson(exchange: Exchange, door: Door, body: unknown, requestId: string = newId("req")): void {
  const headers = { "content-type": "application/json", ...door.headers(requestId, 0) };
  sendText(exchange, { status: 200, headers }, JSON.stringify(body));
}

/** Writes a failure in the door's shape. */
export function sendRefusal(exchange: Exchange, door: Door, refusal: Refusal, requestId: string = newId("req")): void {
  const own = door.headers(requestId, 0);
  const headers = { "content-type": "application/json; charset=utf-8", ...own, ...refusal.headers };
  sendText(exchange, { status: refusal.status, headers }, JSON.stringify(refusal.body(requestId, exchange)));
}

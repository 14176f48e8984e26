import { newId } from "@sluice/platform/ids";
import type { Exchange } from "../../http/exchange.ts";
import { errorBody, type WireError } from "./errors.ts";
import { wireHeaders } from "./headers.ts";

/** Writes a whole body with its head. */
export function sendText(
  exchange: Exchange,
  head: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  text: string,
): void {
  const { request, response } = exchange;
  // A body that was not read to its end makes the connection useless for the next request.
  const unread = request.complete ? {} : { connection: "close" };
  response.writeHead(head.status, { ...head.headers, ...unread, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

/** Writes a JSON body with the wire's usual headers. */
export function sendJson(exchange: Exchange, status: number, body: unknown, requestId: string = newId("req")): void {
  const headers = { ...wireHeaders(requestId, 0), "content-type": "application/json" };
  sendText(exchange, { status, headers }, JSON.stringify(body));
}

/** Writes a failure in OpenAI's shape. */
export function sendError(exchange: Exchange, error: WireError, requestId: string = newId("req")): void {
  const headers = { ...wireHeaders(requestId, 0), ...error.headers, "content-type": "application/json; charset=utf-8" };
  sendText(exchange, { status: error.status, headers }, JSON.stringify(errorBody(error)));
}

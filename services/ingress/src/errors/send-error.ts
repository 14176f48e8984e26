import type { Exchange } from "../exchange.ts";
import { endingOf } from "../http/ending.ts";
import { discardRest } from "../http/read-body.ts";
import { errorHeaders } from "./error-shape.ts";

/** Answers a failed exchange, unless its client has left or its headers have gone out already. */
export function sendError(exchange: Exchange, thrown: unknown): void {
  const { reply, request, facts, requestId } = exchange;
  const error = endingOf(exchange, thrown);
  facts.errorCode = error.code;
  facts.error = error;
  if (reply.sent || reply.raw.destroyed || reply.raw.headersSent) return;
  const { status, headers, body } = exchange.errors.print(error, requestId);
  discardRest(request.raw);
  reply
    .code(status)
    .headers({ ...errorHeaders(error), ...headers })
    .header("content-type", "application/json; charset=utf-8")
    .send(JSON.stringify(body));
}

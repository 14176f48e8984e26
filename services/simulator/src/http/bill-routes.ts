import { type WireError, WRONG_KEY } from "../wires/openai/errors.ts";
import { sendError, sendJson } from "../wires/openai/send.ts";
import type { Exchange, Route } from "./exchange.ts";

const PAGE_SIZE_MAX = 10_000;

/** Reads a whole number from the query; anything else counts as the fallback. */
function numberParameter(exchange: Exchange, name: string, fallback: number): number {
  const text = exchange.query.get(name) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : fallback;
}

/** Answers 401 itself if the key is wrong. */
function admitted(exchange: Exchange): boolean {
  const right = exchange.state.authorized(exchange.request.headers.authorization);
  if (!right) sendError(exchange, WRONG_KEY);
  return right;
}

function listBills(exchange: Exchange): void {
  if (!admitted(exchange)) return;
  const after = numberParameter(exchange, "after", 0);
  const limit = Math.min(numberParameter(exchange, "limit", PAGE_SIZE_MAX), PAGE_SIZE_MAX);
  const bills = exchange.state.bills.list(after, limit);
  sendJson(exchange, 200, { bills, next: bills.at(-1)?.sequence ?? after });
}

function clearBills(exchange: Exchange): void {
  if (!admitted(exchange)) return;
  exchange.state.bills.clear();
  sendJson(exchange, 200, { cleared: true });
}

/** What one request cost, by the caller's own id: some providers answer this too, and a gateway that crashed needs it. */
function findBill(exchange: Exchange): void {
  if (!admitted(exchange)) return;
  const bill = exchange.state.bills.find(exchange.query.get("client_request_id") ?? "");
  if (bill === undefined) sendError(exchange, UNKNOWN_REQUEST);
  else sendJson(exchange, 200, { data: bill });
}

const UNKNOWN_REQUEST: WireError = {
  status: 404,
  type: "invalid_request_error",
  param: "client_request_id",
  code: "request_not_found",
  message: "No finished request has this client_request_id.",
};

/** The log of what the simulator would bill: page through with `?after=<next of the page before>`. */
export const BILL_ROUTES: readonly Route[] = [
  { method: "GET", path: "/sim/bills", handle: listBills },
  { method: "DELETE", path: "/sim/bills", handle: clearBills },
  { method: "GET", path: "/v1/generation", handle: findBill },
];

import { openaiDoor, refusal } from "../wires/openai/door.ts";
import { bearerKey, headerKey } from "./authorize.ts";
import type { Exchange, Route } from "./exchange.ts";
import { sendJson, sendRefusal } from "./send.ts";

const PAGE_SIZE_MAX = 10_000;

/** Reads a whole number from the query; anything else counts as the fallback. */
function numberParameter(exchange: Exchange, name: string, fallback: number): number {
  const text = exchange.query.get(name) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : fallback;
}

/** Answers 401 itself if the key is wrong; it may come the way any of the wires sends it. */
function admitted(exchange: Exchange): boolean {
  const key = bearerKey(exchange) ?? headerKey(exchange, "x-api-key") ?? headerKey(exchange, "x-goog-api-key");
  const right = exchange.state.accepts(key);
  if (!right) sendRefusal(exchange, openaiDoor, openaiDoor.failures.wrongKey);
  return right;
}

function listBills(exchange: Exchange): void {
  if (!admitted(exchange)) return;
  const after = numberParameter(exchange, "after", 0);
  const limit = Math.min(numberParameter(exchange, "limit", PAGE_SIZE_MAX), PAGE_SIZE_MAX);
  const bills = exchange.state.bills.list(after, limit);
  sendJson(exchange, openaiDoor, { bills, next: bills.at(-1)?.sequence ?? after });
}

function clearBills(exchange: Exchange): void {
  if (!admitted(exchange)) return;
  exchange.state.bills.clear();
  sendJson(exchange, openaiDoor, { cleared: true });
}

/** What one request cost, by the caller's own id: some providers answer this too, and a gateway that crashed needs it. */
function findBill(exchange: Exchange): void {
  if (!admitted(exchange)) return;
  const bill = exchange.state.bills.find(exchange.query.get("client_request_id") ?? "");
  if (bill === undefined) sendRefusal(exchange, openaiDoor, UNKNOWN_REQUEST);
  else sendJson(exchange, openaiDoor, { data: bill });
}

const UNKNOWN_REQUEST = refusal({
  status: 404,
  type: "invalid_request_error",
  param: "client_request_id",
  code: "request_not_found",
  message: "No finished request has this client_request_id.",
});

/** The log of what the simulator would bill: page through with `?after=<next of the page before>`. */
export const BILL_ROUTES: readonly Route[] = [
  { method: "GET", path: "/sim/bills", handle: listBills },
  { method: "DELETE", path: "/sim/bills", handle: clearBills },
  { method: "GET", path: "/v1/generation", handle: findBill },
  { method: "GET", path: "/v1beta/generation", handle: findBill },
];

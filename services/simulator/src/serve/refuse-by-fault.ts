import type { OpenBill } from "../bills/open-bill.ts";
import type { Exchange } from "../http/exchange.ts";
import { sendRefusal, sendText } from "../http/send.ts";
import type { FaultyName } from "../models/model-name.ts";
import type { Door, Failures, Refusal } from "./wire.ts";

const PROXY_PAGE =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/** Carries out the faults that happen instead of an answer; @returns false if the model has none of them. */
export function refuseByFault(door: Door, exchange: Exchange, bill: OpenBill, model: FaultyName): boolean {
  const { faults } = model;
  if (faults.has("drop")) {
    bill.settle("error");
    exchange.request.socket.resetAndDestroy();
    return true;
  }
  if (faults.has("html")) {
    bill.settle("error");
    sendText(exchange, { status: 502, headers: { "x-simulated": "true", "content-type": "text/html" } }, PROXY_PAGE);
    return true;
  }
  const refusal = faultRefusal(door.failures, model);
  if (refusal === undefined) return false;
  bill.settle(refusal.status >= 500 ? "error" : "refused");
  sendRefusal(exchange, door, refusal, bill.requestId);
  return true;
}

function faultRefusal(failures: Failures, { name, faults }: FaultyName): Refusal | undefined {
  const seconds = faults.get("429");
  if (seconds !== undefined) return failures.rateLimited(name, seconds);
  if (faults.has("503")) return failures.overloaded;
  if (faults.has("401")) return failures.faultKey;
  if (faults.has("400")) return failures.faultInvalid;
  return undefined;
}

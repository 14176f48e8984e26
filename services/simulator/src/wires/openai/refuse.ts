import type { OpenBill } from "../../bills/open-bill.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { ModelName } from "../../models/model-name.ts";
import { invalid, OVERLOADED, rateLimited, type WireError, WRONG_KEY } from "./errors.ts";
import { sendError, sendText } from "./send.ts";

const PROXY_PAGE =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/** Carries out the faults that happen instead of an answer; @returns false if the model has none of them. */
export function refuseByFault(exchange: Exchange, bill: OpenBill, model: ModelName): boolean {
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
  const error = faultError(model);
  if (error === undefined) return false;
  bill.settle(error.status >= 500 ? "error" : "refused");
  sendError(exchange, error, bill.requestId);
  return true;
}

function faultError(model: ModelName): WireError | undefined {
  const { faults } = model;
  const seconds = faults.get("429");
  if (seconds !== undefined) return rateLimited(model.name, seconds);
  if (faults.has("503")) return OVERLOADED;
  if (faults.has("401")) return WRONG_KEY;
  if (faults.has("400"))
    return invalid("This request is invalid because the model's name asks for it.", "model", "invalid_value");
  return undefined;
}

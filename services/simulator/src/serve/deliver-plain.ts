import type { Answer } from "../answer/types.ts";
import type { OpenBill } from "../bills/open-bill.ts";
import type { Exchange } from "../http/exchange.ts";
import { sendJson, sendText } from "../http/send.ts";
import type { ModelName } from "../models/model-name.ts";
import type { Door, Presentation } from "./wire.ts";

export interface PlainDelivery {
  readonly door: Door;
  readonly exchange: Exchange;
  readonly bill: OpenBill;
  readonly model: ModelName;
  readonly answer: Answer;
  readonly presentation: Presentation;
}

/** Writes a plain answer, or what a fault makes of it. The bill is settled first: whoever has the answer can rely on it. */
export function deliverPlain(delivery: PlainDelivery): void {
  const { door, exchange, bill, model, answer, presentation } = delivery;
  const { faults } = model;
  if (faults.has("inband-error")) {
    bill.promptTokens = 0;
    bill.settle("error");
    sendJson(exchange, door, door.failures.inBand.body(bill.requestId, exchange), bill.requestId);
    return;
  }
  const text = JSON.stringify(presentation.body());
  const headers = { "content-type": "application/json", ...door.headers(bill.requestId, 1) };
  const cut = faults.get("cut");
  if (cut !== undefined) {
    const completionTokens = Math.min(cut, answer.completionTokens);
    bill.settle("cut", { completionTokens, reasoningTokens: Math.min(completionTokens, answer.reasoningTokens) });
    exchange.response.writeHead(200, { ...headers, "content-length": Buffer.byteLength(text) });
    exchange.response.write(text.slice(0, text.length >>> 1), () => exchange.response.destroy());
    return;
  }
  bill.settle("completed", answer);
  sendText(exchange, { status: 200, headers }, faults.has("malformed") ? text.slice(0, text.length >>> 1) : text);
}

import type { Answer } from "../../answer/types.ts";
import type { OpenBill } from "../../bills/open-bill.ts";
import type { Exchange } from "../../http/exchange.ts";
import { errorBody, IN_BAND } from "./errors.ts";
import { wireHeaders } from "./headers.ts";
import type { AnswerIdentity } from "./identity.ts";
import type { ChatRequest } from "./options.ts";
import { completionBody } from "./response.ts";
import { sendJson, sendText } from "./send.ts";

export interface PlainDelivery {
  readonly exchange: Exchange;
  readonly bill: OpenBill;
  readonly chat: ChatRequest;
  readonly answer: Answer;
  readonly identity: AnswerIdentity;
}

/** Writes a plain answer, or what a fault makes of it. The bill is settled first: whoever has the answer can rely on it. */
export function deliverPlain(delivery: PlainDelivery): void {
  const { exchange, bill, chat, answer, identity } = delivery;
  const { faults } = chat.ask.model;
  if (faults.has("inband-error")) {
    bill.promptTokens = 0;
    bill.settle("error");
    sendJson(exchange, 200, errorBody(IN_BAND), bill.requestId);
    return;
  }
  const text = JSON.stringify(completionBody(chat, answer, identity));
  const headers = { ...wireHeaders(bill.requestId, 1), "content-type": "application/json" };
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

import { newId } from "@sluice/platform/ids";
import { OpenBill } from "../bills/open-bill.ts";
import type { Exchange } from "../http/exchange.ts";
import { sendJson, sendRefusal, sendText } from "../http/send.ts";
import { type FaultyName, parseTaskModel, type TaskBase } from "../models/model-name.ts";
import { playPlain } from "../play/play-plain.ts";
import { createSchedule } from "../play/schedule.ts";
import type { Body } from "../wires/values.ts";
import { readJson } from "./read-json.ts";
import { refuseByFault } from "./refuse-by-fault.ts";
import { type Door, isRefusal, type Refusal } from "./wire.ts";

const CLIENT_ID_LENGTH_MAX = 512;
const MODEL_LENGTH_MAX = 256;

/** A request beside chat that can be answered. */
export interface WireTask {
  readonly promptTokens: number;
  /** Tokens of the answer; 0 for most kinds. */
  readonly completionTokens: number;
  /** The answer, and its content type. */
  answer(): { readonly type: string; readonly content: string | Uint8Array };
}

/** One kind of request beside chat in the words of one wire. */
export interface TaskWire {
  /** The simulated model that serves it. */
  readonly base: TaskBase;
  /** The fields of a request; JSON by default. */
  readonly readBody?: (exchange: Exchange, door: Door) => Promise<{ readonly json: Body } | Refusal | "aborted">;
  read(body: Body, model: FaultyName): WireTask | Refusal;
}

/** Makes the handler of one kind of request beside chat. Whatever happens to a request, one bill is written. */
export function taskHandler(door: Door, wire: TaskWire): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    const { request, response, state } = exchange;
    const clientId = request.headers["x-client-request-id"];
    const named = typeof clientId === "string" ? clientId.slice(0, CLIENT_ID_LENGTH_MAX) : null;
    const bill = new OpenBill(state.bills, newId("req"), named);
    try {
      const body = await admittedBody(door, wire, exchange);
      if (body === "aborted" || response.destroyed) {
        bill.settle("client_closed");
        return;
      }
      const refusal = isRefusal(body) ? body : answerBody({ door, wire, exchange, bill }, body.json);
      if (refusal === undefined) return;
      bill.settle("refused");
      sendRefusal(exchange, door, refusal, bill.requestId);
    } catch (thrown) {
      bill.settle("error");
      throw thrown;
    }
  };
}

interface Serving {
  readonly door: Door;
  readonly wire: TaskWire;
  readonly exchange: Exchange;
  readonly bill: OpenBill;
}

async function admittedBody(door: Door, wire: TaskWire, exchange: Exchange) {
  if (!exchange.state.accepts(door.keyOf(exchange))) return door.failures.wrongKey;
  return await (wire.readBody?.(exchange, door) ?? readJson(exchange, door.failures));
}

function answerBody(serving: Serving, body: Body): Refusal | undefined {
  const { door, wire, exchange, bill } = serving;
  const asked = typeof body["model"] === "string" ? body["model"] : "";
  bill.model = asked.slice(0, MODEL_LENGTH_MAX);
  const model = parseTaskModel(asked, wire.base);
  if (typeof model === "string") return door.failures.unknownModel(asked.slice(0, MODEL_LENGTH_MAX), model);
  if (refuseByFault(door, exchange, bill, model)) return undefined;
  const task = wire.read(body, model);
  if (isRefusal(task)) return task;
  bill.promptTokens = task.promptTokens;
  const { response, state } = exchange;
  const total = { completionTokens: task.completionTokens, reasoningTokens: 0 };
  const schedule = createSchedule(state.pace, 0, 1, model.faults.get("slow"));
  const deliver = model.faults.has("stall") ? undefined : () => deliverTask(serving, model, task);
  playPlain({ response, schedule, bill, total, billedOnLeave: total, deliver });
  return undefined;
}

/** Writes the answer, or what a fault makes of it. The bill is settled first: whoever has the answer can rely on it. */
function deliverTask({ door, exchange, bill }: Serving, { faults }: FaultyName, task: WireTask): void {
  if (faults.has("inband-error")) {
    bill.promptTokens = 0;
    bill.settle("error");
    sendJson(exchange, door, door.failures.inBand.body(bill.requestId, exchange), bill.requestId);
    return;
  }
  const { type, content } = task.answer();
  const bytes = Buffer.from(content);
  const headers = { "content-type": type, ...door.headers(bill.requestId, 1) };
  const total = { completionTokens: task.completionTokens, reasoningTokens: 0 };
  if (faults.has("cut")) {
    bill.settle("cut", total);
    exchange.response.writeHead(200, { ...headers, "content-length": bytes.length });
    exchange.response.write(bytes.subarray(0, bytes.length >>> 1), () => exchange.response.destroy());
    return;
  }
  bill.settle("completed", total);
  sendText(exchange, { status: 200, headers }, faults.has("malformed") ? bytes.subarray(0, bytes.length >>> 1) : bytes);
}

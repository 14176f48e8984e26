import { newId } from "@sluice/platform/ids";
import { planAnswer } from "../answer/plan-answer.ts";
import { OpenBill } from "../bills/open-bill.ts";
import type { Exchange } from "../http/exchange.ts";
import { sendRefusal } from "../http/send.ts";
import { type ModelName, parseModelName } from "../models/model-name.ts";
import { playPlain } from "../play/play-plain.ts";
import { playStream } from "../play/play-stream.ts";
import { createSchedule } from "../play/schedule.ts";
import { applyStreamFaults } from "../play/steps.ts";
import type { Body } from "../wires/values.ts";
import { deliverPlain } from "./deliver-plain.ts";
import { readJson } from "./read-json.ts";
import { refuseByFault } from "./refuse-by-fault.ts";
import { type ChatWire, isRefusal, type Refusal, type WireChat } from "./wire.ts";

const CLIENT_ID_LENGTH_MAX = 512;
const MODEL_LENGTH_MAX = 256;

/** Makes the handler of one wire's chat, plain and streamed. Whatever happens to a request, one bill is written. */
export function chatHandler<Chat extends WireChat>(wire: ChatWire<Chat>): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    const { request, response, state } = exchange;
    const clientId = request.headers["x-client-request-id"];
    const bill = new OpenBill(
      state.bills,
      newId("req"),
      typeof clientId === "string" ? clientId.slice(0, CLIENT_ID_LENGTH_MAX) : null,
    );
    try {
      const admitted = state.accepts(wire.keyOf(exchange));
      const body = admitted ? await readJson(exchange, wire.failures) : wire.failures.wrongKey;
      if (body === "aborted" || response.destroyed) {
        bill.settle("client_closed");
        return;
      }
      const refusal = isRefusal(body) ? body : answerBody(wire, exchange, bill, body.json);
      if (refusal === undefined) return;
      bill.settle("refused");
      sendRefusal(exchange, wire, refusal, bill.requestId);
    } catch (thrown) {
      bill.settle("error");
      throw thrown;
    }
  };
}

/** Answers a request whose body could be read; @returns why not, if it cannot be answered. */
function answerBody<Chat extends WireChat>(
  wire: ChatWire<Chat>,
  exchange: Exchange,
  bill: OpenBill,
  body: Body,
): Refusal | undefined {
  const asked = wire.asked(exchange, body);
  if (isRefusal(asked)) return asked;
  bill.model = asked.model.slice(0, MODEL_LENGTH_MAX);
  bill.stream = asked.stream;
  const model = modelOf(asked.model, exchange.state.anyModel);
  if (typeof model === "string") return wire.failures.unknownModel(asked.model.slice(0, MODEL_LENGTH_MAX), model);
  if (refuseByFault(wire, exchange, bill, model)) return undefined;
  const chat = readOrRefuse(wire, exchange, body, model);
  if (isRefusal(chat)) return chat;
  answer(wire, exchange, bill, chat);
  return undefined;
}

function modelOf(name: string, anyModel: boolean): ModelName | string {
  const model = parseModelName(name);
  if (typeof model !== "string" || !anyModel || name.length > MODEL_LENGTH_MAX) return model;
  return { name, base: "small", faults: new Map() };
}

function readOrRefuse<Chat extends WireChat>(
  wire: ChatWire<Chat>,
  exchange: Exchange,
  body: Body,
  model: ModelName,
): Chat | Refusal {
  try {
    return wire.read(exchange, body, model);
  } catch (thrown) {
    // JSON.stringify recurses, JSON.parse does not: absurdly deep values arrive here.
    if (thrown instanceof RangeError) return wire.failures.unreadable("The request is nested too deeply.");
    throw thrown;
  }
}

function answer<Chat extends WireChat>(wire: ChatWire<Chat>, exchange: Exchange, bill: OpenBill, chat: Chat): void {
  const { ask } = chat;
  const { faults } = ask.model;
  const planned = planAnswer(ask);
  const schedule = createSchedule(exchange.state.pace, ask.seed, ask.choices, faults.get("slow"));
  const billedOnLeave = faults.has("bill-full") ? planned : undefined;
  bill.promptTokens = ask.promptTokens;
  const presentation = wire.present(chat, planned);
  const { response } = exchange;
  if (!chat.stream) {
    const deliver = faults.has("stall")
      ? undefined
      : () => deliverPlain({ door: wire, exchange, bill, model: ask.model, answer: planned, presentation });
    playPlain({ response, schedule, bill, total: planned, billedOnLeave, deliver });
    return;
  }
  const headers = wire.headers(bill.requestId, schedule.dueMs(0));
  response.writeHead(200, { ...headers, "content-type": presentation.streamType });
  if (!schedule.unpaced || faults.has("stall")) response.flushHeaders();
  const steps = applyStreamFaults(presentation.steps(), {
    cutAfter: faults.get("cut"),
    stallAfter: faults.get("stall"),
    failAfter: faults.get("inband-error"),
    malformedAt: faults.get("malformed"),
    failure: presentation.failure,
    breakEvent: presentation.breakEvent,
  });
  playStream({ response, steps, schedule, bill, billedOnLeave });
}

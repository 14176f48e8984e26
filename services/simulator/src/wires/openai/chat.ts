import { newId } from "@sluice/platform/ids";
import { planAnswer } from "../../answer/plan-answer.ts";
import { OpenBill } from "../../bills/open-bill.ts";
import type { Exchange } from "../../http/exchange.ts";
import { readBody } from "../../http/read-body.ts";
import { type ModelName, parseModelName } from "../../models/model-name.ts";
import { playPlain } from "../../play/play-plain.ts";
import { playStream } from "../../play/play-stream.ts";
import { createSchedule } from "../../play/schedule.ts";
import { applyStreamFaults } from "../../play/steps.ts";
import { errorBody, IN_BAND, invalid, tooLarge, unknownModel, type WireError, WRONG_KEY } from "./errors.ts";
import { wireHeaders } from "./headers.ts";
import { newIdentity } from "./identity.ts";
import type { ChatRequest } from "./options.ts";
import { deliverPlain } from "./plain.ts";
import { refuseByFault } from "./refuse.ts";
import { type Body, isBody, readChatRequest } from "./request.ts";
import { sendError } from "./send.ts";
import { breakEvent, streamSteps } from "./stream.ts";

const FAILURE_EVENT = `data: ${JSON.stringify(errorBody(IN_BAND))}\n\n`;

/** `POST /v1/chat/completions`, plain and streamed. Whatever happens, one bill is written. */
export async function handleChat(exchange: Exchange): Promise<void> {
  const { request, response, state } = exchange;
  const clientId = request.headers["x-client-request-id"];
  const bill = new OpenBill(state.bills, newId("req"), typeof clientId === "string" ? clientId.slice(0, 512) : null);
  try {
    const body = state.authorized(request.headers.authorization) ? await readJson(exchange) : { error: WRONG_KEY };
    if (body === "aborted" || response.destroyed) {
      bill.settle("client_closed");
      return;
    }
    const refusal = "error" in body ? body.error : answerBody(exchange, bill, body.json);
    if (refusal === undefined) return;
    bill.settle("refused");
    sendError(exchange, refusal, bill.requestId);
  } catch (thrown) {
    bill.settle("error");
    throw thrown;
  }
}

/** Answers a request whose body could be read; @returns why not, if it cannot be answered. */
function answerBody(exchange: Exchange, bill: OpenBill, body: Body): WireError | undefined {
  const { model: name } = body;
  if (typeof name !== "string") {
    return invalid("You must provide a model parameter.", "model", "missing_required_parameter");
  }
  bill.model = name.slice(0, 256);
  bill.stream = body["stream"] === true;
  const model = parseModelName(name);
  if (typeof model === "string") return unknownModel(name, model);
  if (refuseByFault(exchange, bill, model)) return undefined;
  const chat = readOrRefuse(body, model);
  if ("status" in chat) return chat;
  answer(exchange, bill, chat);
  return undefined;
}

function readOrRefuse(body: Body, model: ModelName): ChatRequest | WireError {
  try {
    return readChatRequest(body, model);
  } catch (thrown) {
    // JSON.stringify recurses, JSON.parse does not: absurdly deep values arrive here.
    if (thrown instanceof RangeError) return invalid("The request is nested too deeply.");
    throw thrown;
  }
}

type ReadJson = { readonly json: Body } | { readonly error: WireError } | "aborted";

async function readJson(exchange: Exchange): Promise<ReadJson> {
  const { bodyBytesMax } = exchange.state;
  const bytes = await readBody(exchange.request, bodyBytesMax);
  if (bytes === "aborted") return "aborted";
  if (bytes === "too_large") return { error: tooLarge(bodyBytesMax) };
  try {
    const json: unknown = JSON.parse(bytes.toString("utf8"));
    if (isBody(json)) return { json };
  } catch {
    return { error: invalid("We could not parse the JSON body of your request.") };
  }
  return { error: invalid("Invalid body: expected a JSON object.") };
}

function answer(exchange: Exchange, bill: OpenBill, chat: ChatRequest): void {
  const { ask } = chat;
  const { faults } = ask.model;
  const planned = planAnswer(ask);
  const schedule = createSchedule(exchange.state.pace, ask.seed, ask.choices, faults.get("slow"));
  const billedOnLeave = faults.has("bill-full") ? planned : undefined;
  bill.promptTokens = ask.promptTokens;
  const identity = newIdentity(ask.model, chat.options.serviceTier);
  const { response } = exchange;
  if (!chat.options.stream) {
    const deliver = faults.has("stall")
      ? undefined
      : () => deliverPlain({ exchange, bill, chat, answer: planned, identity });
    playPlain({ response, schedule, bill, total: planned, billedOnLeave, deliver });
    return;
  }
  response.writeHead(200, {
    ...wireHeaders(bill.requestId, schedule.dueMs(0)),
    "content-type": "text/event-stream; charset=utf-8",
  });
  if (!schedule.unpaced || faults.has("stall")) response.flushHeaders();
  const steps = applyStreamFaults(streamSteps(chat, planned, identity), {
    cutAfter: faults.get("cut"),
    stallAfter: faults.get("stall"),
    failAfter: faults.get("inband-error"),
    malformedAt: faults.get("malformed"),
    failure: FAILURE_EVENT,
    breakChunk: breakEvent,
  });
  playStream({ response, steps, schedule, bill, billedOnLeave });
}

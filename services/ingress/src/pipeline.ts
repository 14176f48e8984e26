import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import type { Place } from "./admission/in-flight-gate.ts";
import { answerPlain } from "./answer/answer-plain.ts";
import { answerStream } from "./answer/answer-stream.ts";
import type { AnswerPrinter } from "./answer/printer.ts";
import type { Door } from "./door.ts";
import { sendEstimate } from "./endpoints/estimate/response.ts";
import type { Exchange } from "./exchange.ts";
import type { Caller } from "./keys/key-ring.ts";
import { authenticate, permitModel } from "./steps/authenticate.ts";
import { estimateChat } from "./steps/estimate-chat.ts";
import { findSession } from "./steps/find-session.ts";
import { readJson } from "./steps/read-json.ts";
import { readLabels } from "./steps/read-labels.ts";
import { type Purpose, readPurpose } from "./steps/read-purpose.ts";
import { readWishes } from "./steps/read-wishes.ts";
import { routeChat } from "./steps/route-chat.ts";

/** Who was let in, and their place among the requests under way. */
export interface Entry {
  readonly caller: Caller;
  readonly place: Place;
}

/** How one wire dialect reads a chat request and writes its answer. */
export interface ChatDialect {
  /**
   * Reads a request, from its body, what its address says, and what the door keeps for who asks.
   * @throws invalid_request naming each fault
   */
  parse(body: unknown, exchange: Exchange, entry: Entry): ChatRequest | Promise<ChatRequest>;
  /** How the answer to a request is written. */
  printer(chat: ChatRequest, exchange: Exchange): AnswerPrinter;
  /** How the router is asked; by default once, for the request that was read. */
  readonly route?: typeof routeChat;
}

/** How a chat endpoint is served; without a purpose the request's headers say it. */
export interface ChatDoor {
  readonly dialect: ChatDialect;
  readonly purpose?: Purpose;
  /** How an estimate is told; by default everything that is known of it. */
  readonly tellEstimate?: typeof sendEstimate;
}

/**
 * What happens to every chat request, in this order. The request id was given when its headers arrived. A step
 * returns what it found out or throws; no step calls another.
 */
export async function runChat(door: Door, exchange: Exchange, served: ChatDoor): Promise<void> {
  const { dialect, purpose, tellEstimate = sendEstimate } = served;
  const caller = await authenticate(door, exchange);
  const session = await findSession(door, exchange, caller);
  const { headers } = exchange.request;
  const wishes = readWishes(headers);
  const labels = readLabels(headers);
  const wanted = purpose ?? readPurpose(headers);
  const place = door.gate.enter(caller.keyId, exchange.abort);
  try {
    const body = await readJson(door, exchange, place);
    const chat = await dialect.parse(body, exchange, { caller, place });
    exchange.facts.model = chat.model;
    exchange.facts.stream = chat.stream;
    permitModel(caller, chat.model);
    const admitted = { asking: { caller, session, labels }, chat, wishes };
    if (wanted === "estimate") tellEstimate(exchange, chat.model, await estimateChat(door, exchange, admitted));
    else {
      const printer = dialect.printer(chat, exchange);
      const answer = (dialect.route ?? routeChat)(door, exchange, admitted);
      await (chat.stream ? answerStream(door, exchange, answer, printer) : answerPlain(exchange, answer, printer));
    }
  } finally {
    place.release();
  }
}

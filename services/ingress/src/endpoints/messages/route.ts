import type { EstimateResponse } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import { type ChatDialect, runChat } from "../../pipeline.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { noCandidate } from "../estimate/no-candidate.ts";
import { BETA_HEADER } from "./betas.ts";
import { ANTHROPIC_ERRORS } from "./errors.ts";
import { EventPrinter, errorEvent } from "./event-printer.ts";
import { messagesParser, type Purpose } from "./request.ts";
import { printMessage } from "./response.ts";

/** Anthropic's requests and answers, within a door's limits. */
function messagesDialect(door: Door, purpose: Purpose): ChatDialect {
  const { config } = door;
  const limits = { messagesMax: config.messages_max, toolsMax: config.tools_max, partsMax: config.parts_max };
  const parse = messagesParser(limits, purpose);
  return {
    parse: (body, exchange) => parse(body, exchange.request.headers[BETA_HEADER]),
    printer: (_chat, exchange) => {
      exchange.reply.header("request-id", exchange.requestId);
      return { whole: printMessage, open: (opening) => new EventPrinter(opening), fail: errorEvent };
    },
  };
}

/** `POST /v1/messages`: Anthropic's messages, plain and streamed. */
export const messages: EndpointFactory = (door) => {
  const dialect = messagesDialect(door, "answer");
  return {
    method: "POST",
    path: "/v1/messages",
    errors: ANTHROPIC_ERRORS,
    handle: (exchange) => runChat(door, exchange, { dialect }),
  };
};

/** `POST /v1/messages/count_tokens`: how many tokens a prompt has, as the router estimates it; no provider is asked. */
export const countTokens: EndpointFactory = (door) => {
  const dialect = messagesDialect(door, "count");
  return {
    method: "POST",
    path: "/v1/messages/count_tokens",
    errors: ANTHROPIC_ERRORS,
    handle: (exchange) => runChat(door, exchange, { dialect, purpose: "estimate", tellEstimate: sendCount }),
  };
};

function sendCount(exchange: Exchange, model: string, { candidates }: EstimateResponse): void {
  const tokens = candidates[0]?.input?.expected;
  if (tokens === undefined) throw noCandidate(model);
  exchange.facts.firstByteMs = performance.now() - exchange.startedAt;
  exchange.reply.header("request-id", exchange.requestId).send({ input_tokens: Number(tokens) });
}

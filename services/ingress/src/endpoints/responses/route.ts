import { SluiceError } from "@sluice/platform/errors";
import type { EstimateResponse } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import type { Caller } from "../../keys/key-ring.ts";
import { type ChatDialect, runChat } from "../../pipeline.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { noCandidate } from "../estimate/no-candidate.ts";
import { toKeptItems } from "./kept-items.ts";
import { type FinishedResponse, responsePrinter } from "./printer.ts";
import { recall } from "./recall.ts";
import { inputItems, type Recalled, type ResponseParser, responseParser } from "./request.ts";
import type { ResponseLimits, ResponseRequestBody } from "./schema.ts";

/** What was read of one request. */
interface Asked {
  readonly body: ResponseRequestBody;
  readonly caller: Caller;
  readonly recalled: Recalled;
}

/** `POST /v1/responses`: OpenAI's responses, plain and streamed. */
export const createResponse: EndpointFactory = (door) => {
  const parser = responseParser(limitsOf(door));
  return {
    method: "POST",
    path: "/v1/responses",
    handle: (exchange) => runChat(door, exchange, { dialect: dialectOf(door, parser) }),
  };
};

/** `POST /v1/responses/input_tokens`: how many tokens a prompt has, as the router estimates it; no provider is asked. */
export const countInputTokens: EndpointFactory = (door) => {
  const parser = responseParser(limitsOf(door));
  return {
    method: "POST",
    path: "/v1/responses/input_tokens",
    handle: (exchange) =>
      runChat(door, exchange, { dialect: dialectOf(door, parser), purpose: "estimate", tellEstimate: sendCount }),
  };
};

function sendCount(exchange: Exchange, model: string, { candidates }: EstimateResponse): void {
  const tokens = candidates[0]?.input?.expected;
  if (tokens === undefined) throw noCandidate(model);
  exchange.facts.firstByteMs = performance.now() - exchange.startedAt;
  exchange.reply.send({ object: "response.input_tokens", input_tokens: Number(tokens) });
}

function limitsOf({ config }: Door): ResponseLimits {
  return { itemsMax: config.messages_max, toolsMax: config.tools_max, partsMax: config.parts_max };
}

/** The dialect for one request: its answer repeats much of what was asked. */
function dialectOf(door: Door, parser: ResponseParser): ChatDialect {
  let asked: Asked | undefined;
  return {
    parse: async (raw, _exchange, entry) => {
      const body = parser.read(raw);
      const recalled = await recall(door.kept, entry, body);
      asked = { body, caller: entry.caller, recalled };
      return parser.toChat(body, recalled);
    },
    printer: (_chat, exchange) => {
      if (asked === undefined)
        throw new SluiceError("internal", "An answer was to be printed before its request was read.");
      const { body } = asked;
      return responsePrinter({ asked: body, keep: keeperOf(door, exchange, asked), now: Date.now });
    },
  };
}

/** Keeps the response; one that cannot be kept is answered all the same, and says so. */
function keeperOf(door: Door, exchange: Exchange, { body, caller, recalled }: Asked) {
  const { kept } = door;
  if (kept === undefined || body.store === false) return undefined;
  return async ({ id, body: response }: FinishedResponse): Promise<boolean> => {
    try {
      const input = inputItems(body).map((item) => recalled.referenced.get(item.id ?? "") ?? item);
      return await kept.keep({
        id,
        tenantId: caller.tenantId,
        previousId: body.previous_response_id ?? undefined,
        inputJson: JSON.stringify(toKeptItems(input, exchange.requestId)),
        responseJson: JSON.stringify(response),
      });
    } catch (error) {
      door.log.warn({ request_id: exchange.requestId, tenant_id: caller.tenantId, err: error }, "response not kept");
      return false;
    }
  };
}

import { SluiceError } from "@sluice/platform/errors";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import type { Caller } from "../../keys/key-ring.ts";
import { type ChatDialect, runChat } from "../../pipeline.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { toKeptItems } from "./kept-items.ts";
import { type FinishedResponse, responsePrinter } from "./printer.ts";
import { recall } from "./recall.ts";
import { inputItems, type Recalled, type ResponseParser, responseParser } from "./request.ts";
import type { ResponseRequestBody } from "./schema.ts";

/** What was read of one request. */
interface Asked {
  readonly body: ResponseRequestBody;
  readonly caller: Caller;
  readonly recalled: Recalled;
}

/** `POST /v1/responses`: OpenAI's responses, plain and streamed. */
export const createResponse: EndpointFactory = (door) => {
  const { config } = door;
  const limits = { itemsMax: config.messages_max, toolsMax: config.tools_max, partsMax: config.parts_max };
  const parser = responseParser(limits);
  return {
    method: "POST",
    path: "/v1/responses",
    handle: (exchange) => runChat(door, exchange, { dialect: dialectOf(door, parser) }),
  };
};

/** The dialect for one request: its answer repeats much of what was asked. */
function dialectOf(door: Door, parser: ResponseParser): ChatDialect {
  let asked: Asked | undefined;
  return {
    parse: async (raw, _exchange, caller) => {
      const body = parser.read(raw);
      const recalled = await recall(door.kept, caller.tenantId, body);
      asked = { body, caller, recalled };
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

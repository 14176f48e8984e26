import { SluiceError } from "@sluice/platform/errors";
import type { EndpointFactory } from "../endpoint.ts";
import { isGoogleClient, sendList, sendOne } from "../gemini/models-route.ts";
import { isAnthropicClient, sendMessagesModels, toMessagesModel } from "../messages/models.ts";
import { permittedModels } from "./permitted.ts";
import { toModelBody } from "./response.ts";

/** `GET /v1/models`: the names the caller's key may use. */
export const listModels: EndpointFactory = (door) => ({
  method: "GET",
  path: "/v1/models",
  handle: async (exchange) => {
    if (isGoogleClient(exchange)) return sendList(door, exchange);
    if (isAnthropicClient(exchange)) return sendMessagesModels(door, exchange);
    const data = (await permittedModels(door, exchange)).map(toModelBody);
    exchange.reply.send({ object: "list", data });
  },
});

/** `GET /v1/models/{name}`: one of them; the name may hold slashes, as they are or percent-encoded. */
export const showModel: EndpointFactory = (door) => ({
  method: "GET",
  path: "/v1/models/*",
  handle: async (exchange) => {
    if (isGoogleClient(exchange)) return sendOne(door, exchange);
    const name = (exchange.request.params as Readonly<Record<string, string>>)["*"] ?? "";
    const found = (await permittedModels(door, exchange)).find((model) => model.name === name);
    if (found === undefined) {
      const shown = JSON.stringify(name.slice(0, 256));
      throw new SluiceError(
        "not_found",
        `There is no model ${shown} for this API key; GET /v1/models lists what there is.`,
        {
          details: { param: "model" },
        },
      );
    }
    exchange.reply.send(isAnthropicClient(exchange) ? toMessagesModel(found) : toModelBody(found));
  },
});

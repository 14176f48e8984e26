import { SluiceError } from "@sluice/platform/errors";
import type { EstimateResponse } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../../door.ts";
import type { Exchange } from "../../exchange.ts";
import { type ChatDialect, runChat } from "../../pipeline.ts";
import type { EndpointFactory } from "../endpoint.ts";
import { noCandidate } from "../estimate/no-candidate.ts";
import { countedRequest } from "./count.ts";
import { GEMINI_ERRORS } from "./errors.ts";
import { type Addressed, type GeminiParser, geminiParser } from "./request.ts";
import { geminiPrinter } from "./stream-printer.ts";

const METHODS = ["generateContent", "streamGenerateContent", "countTokens"] as const;
type Method = (typeof METHODS)[number];

/** Gemini's requests and answers. */
function geminiDialect(parse: GeminiParser, address: Addressed, method: Method): ChatDialect {
  return {
    parse: (body) => parse(method === "countTokens" ? countedRequest(body) : body, address),
    printer: (_chat, exchange) => geminiPrinter(wantsEvents(exchange)),
  };
}

function parserOf({ config }: Door): GeminiParser {
  return geminiParser({
    choicesMax: config.choices_max,
    messagesMax: config.messages_max,
    toolsMax: config.tools_max,
    partsMax: config.parts_max,
  });
}

/** `POST …/models/{model}:generateContent`, `:streamGenerateContent` and `:countTokens`; the name may hold slashes. */
const generateAt =
  (path: string): EndpointFactory =>
  (door) => {
    const parse = parserOf(door);
    return {
      method: "POST",
      path,
      errors: GEMINI_ERRORS,
      handle: async (exchange) => {
        const { model, method } = addressOf(exchange);
        const address = { model, stream: method === "streamGenerateContent" };
        const dialect = geminiDialect(parse, address, method);
        if (method !== "countTokens") await runChat(door, exchange, { dialect });
        else await runChat(door, exchange, { dialect, purpose: "estimate", tellEstimate: sendCount });
      },
    };
  };

/** The path of Google's documentation. */
export const generateContent = generateAt("/v1beta/models/*");
/** The path that Google's newer clients take. */
export const generateContentV1 = generateAt("/v1/models/*");

/** The model and what is wanted of it, which stand in the last part of the path. */
function addressOf({ request }: Exchange): { readonly model: string; readonly method: Method } {
  const path = (request.params as Readonly<Record<string, string>>)["*"] ?? "";
  const colon = path.lastIndexOf(":");
  const method = METHODS.find((known) => known === path.slice(colon + 1));
  if (colon <= 0 || method === undefined) {
    const shown = JSON.stringify(path.slice(0, 200));
    const wanted = METHODS.map((known) => `{model}:${known}`).join(", ");
    throw new SluiceError("not_found", `There is no method ${shown} of models; there are ${wanted}.`);
  }
  return { model: path.slice(0, colon), method };
}

function wantsEvents({ request }: Exchange): boolean {
  const { alt } = request.query as { readonly alt?: unknown };
  return alt === "sse";
}

function sendCount(exchange: Exchange, model: string, { candidates }: EstimateResponse): void {
  const tokens = candidates[0]?.input?.expected;
  if (tokens === undefined) throw noCandidate(model);
  exchange.facts.firstByteMs = performance.now() - exchange.startedAt;
  exchange.reply.send({ totalTokens: Number(tokens) });
}

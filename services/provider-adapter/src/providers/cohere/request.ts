import type { ChatRequest, ReasoningOptions } from "@sluice/proto/chat/v1/chat";
import type { MappedRequest, ModelEntry } from "../../provider.ts";
import { reasons } from "../models.ts";
import { mapMessages } from "../openai/messages.ts";
import { DEFAULT_WIRE, type WireOptions } from "../openai/options.ts";
import { mapResponseFormat } from "../openai/response-format.ts";
import { chooseTools, mapTools } from "../openai/tools.ts";
import { parseExtra, Warnings } from "../openai/warnings.ts";
import { isObject } from "../openai/wire.ts";
import { pairTools } from "../tool-pairs.ts";

type Body = Record<string, unknown>;

/** Messages, tools and formats have OpenAI's shape here; the fields around them do not. */
const WIRE: WireOptions = {
  ...DEFAULT_WIRE,
  name: "cohere",
  only: { body: undefined, message: new Set(), part: new Set() },
  toolChoice: new Set(["auto", "none", "required"]),
};

const STOPS_MAX = 5;

/** Messages as Cohere takes them: nothing instead of an empty content beside calls. */
function messagesOf(request: ChatRequest, instructions: ChatRequest["messages"], warnings: Warnings): Body[] {
  const told = [...instructions, ...pairTools(request, warnings)];
  return mapMessages(told, WIRE, { warnings, passUnknown: false }).map((message) => {
    const { content, ...rest } = message;
    return content === null ? rest : message;
  });
}

/** The wire has words for "must" and "must not"; to leave it to the model it says nothing. */
function addTools(body: Body, request: ChatRequest, warnings: Warnings): void {
  const context = { warnings, passUnknown: false };
  const { tools, choice } = chooseTools(request.toolChoice, request.tools, WIRE, context);
  const strict = tools.some((tool) => tool.strict === true);
  const wire = mapTools(
    tools.map((tool) => ({ ...tool, strict: undefined })),
    context,
  );
  if (wire.length === 0) return;
  body["tools"] = wire;
  if (strict) body["strict_tools"] = true;
  if (choice === "required" || choice === "none") body["tool_choice"] = choice.toUpperCase();
  if (request.parallelToolCalls === false) warnings.dropped("parallel_tool_calls: false");
}

/** A form of answer excludes tools: then it is asked for in words. */
function formatOf(request: ChatRequest, entry: ModelEntry, warnings: Warnings) {
  if (request.responseFormat === undefined) return { format: undefined, instructions: [] };
  const free = request.tools.length === 0;
  const options = { ...WIRE, jsonObject: free, jsonSchema: () => free };
  const { format, instruction } = mapResponseFormat(request.responseFormat, entry, options, warnings);
  const schema = isObject(format) && isObject(format["json_schema"]) ? format["json_schema"]["schema"] : undefined;
  const wire = schema === undefined ? format : { type: "json_object", json_schema: schema };
  return { format: wire, instructions: instruction === undefined ? [] : [instruction] };
}

function addThinking(body: Body, wish: ReasoningOptions | undefined, entry: ModelEntry, warnings: Warnings): void {
  if (wish === undefined || (wish.effort === undefined && wish.maxTokens === undefined)) return;
  const off = wish.effort === "none" || wish.maxTokens === 0n;
  if (!reasons(entry)) {
    if (!off) warnings.dropped("Reasoning by this model");
    return;
  }
  if (off) body["thinking"] = { type: "disabled" };
  else {
    const budget = wish.maxTokens;
    body["thinking"] = { type: "enabled", ...(budget !== undefined && { token_budget: Number(budget) }) };
    if (budget === undefined) warnings.say("cohere knows no degrees of reasoning effort; thinking was switched on.");
  }
}

function addSampling(body: Body, request: ChatRequest, warnings: Warnings): void {
  const { sampling } = request;
  if (sampling === undefined) return;
  const put = (name: string, value: unknown): void => {
    if (value !== undefined) body[name] = value;
  };
  put("temperature", sampling.temperature);
  put("p", sampling.topP === undefined ? undefined : Math.min(0.99, Math.max(0.01, sampling.topP)));
  put("k", sampling.topK);
  put("frequency_penalty", sampling.frequencyPenalty);
  put("presence_penalty", sampling.presencePenalty);
  if (sampling.seed !== undefined) put("seed", Number(sampling.seed));
  if (sampling.minP !== undefined) warnings.dropped("min_p");
  if (sampling.repetitionPenalty !== undefined) warnings.dropped("repetition_penalty");
  if (Object.keys(sampling.logitBias).length > 0) warnings.dropped("logit_bias");
}

/** What this wire has no field for at all. */
function warnOfRest(request: ChatRequest, warnings: Warnings): void {
  for (const name of Object.keys(parseExtra(request.extraJson, "body") ?? {}).slice(0, 16)) warnings.dropped(name);
  if ((request.n ?? 1) > 1) warnings.dropped("Asking for several answers at once");
  if (request.topLogprobs !== undefined) warnings.dropped("top_logprobs");
  if (request.modalities.some((kind) => kind !== "text")) warnings.dropped("Output other than text");
  if (request.userLabel !== "") warnings.dropped("user");
  if (Object.keys(request.metadata).length > 0) warnings.dropped("metadata");
  if (request.serviceTier !== "" && request.serviceTier !== "auto") warnings.dropped("service_tier");
  if (request.promptCacheKey !== "") warnings.dropped("prompt_cache_key");
  if (request.store === true) warnings.dropped("store");
}

/**
 * A canonical request for Cohere's second chat (https://docs.cohere.com/reference/chat). What cannot be said there becomes a warning, never an
 * error.
 * @throws invalid_request when a JSON text inside the request cannot be read
 */
export function mapChat(request: ChatRequest, model: string, entry: ModelEntry): MappedRequest {
  const warnings = new Warnings("cohere");
  const { format, instructions } = formatOf(request, entry, warnings);
  const body: Body = { model, messages: messagesOf(request, instructions, warnings), stream: request.stream };
  addTools(body, request, warnings);
  if (format !== undefined) body["response_format"] = format;
  if (request.maxOutputTokens !== undefined) body["max_tokens"] = Number(request.maxOutputTokens);
  if (request.stop.length > STOPS_MAX) warnings.dropped(`A stop string after the first ${STOPS_MAX}`);
  if (request.stop.length > 0) body["stop_sequences"] = request.stop.slice(0, STOPS_MAX);
  if (request.logprobs === true) body["logprobs"] = true;
  addSampling(body, request, warnings);
  addThinking(body, request.reasoning, entry, warnings);
  warnOfRest(request, warnings);
  return {
    path: "/v2/chat",
    headers: { "content-type": "application/json", accept: request.stream ? "text/event-stream" : "application/json" },
    body: JSON.stringify(body),
    warnings: warnings.list(),
  };
}

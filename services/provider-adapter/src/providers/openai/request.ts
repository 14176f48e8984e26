import { type ChatRequest, Dialect, type Sampling } from "@sluice/proto/chat/v1/chat";
import type { MappedRequest, ModelEntry } from "../../provider.ts";
import { mapMessages } from "./messages.ts";
import type { WireOptions } from "./options.ts";
import { mapResponseFormat, mapToolChoice, mapTools } from "./tools.ts";
import { parseExtra, parseField, Warnings } from "./warnings.ts";
import { isObject } from "./wire.ts";

type Body = Record<string, unknown>;

/** Fields the canonical request says itself. An unknown field of such a name must not get past a bound set on it. */
const OWN_FIELDS: readonly string[] = [
  "model",
  "messages",
  "stream",
  "stream_options",
  "n",
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "best_of",
];

function bounded(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);
}

/** Unknown top-level fields, if they are in this wire's dialect. */
function extraFields(request: ChatRequest, warnings: Warnings, passUnknown: boolean): Body {
  const extra = parseExtra(request.extraJson, "body");
  if (extra === undefined) return {};
  if (!passUnknown) {
    for (const name of Object.keys(extra).slice(0, 16)) warnings.dropped(name);
    return {};
  }
  const kept: Body = { ...extra };
  for (const name of OWN_FIELDS) delete kept[name];
  // Unknown wishes about the stream pass; addStream puts ours over them.
  if (isObject(extra["stream_options"])) kept["stream_options"] = extra["stream_options"];
  return kept;
}

function addSampling(body: Body, sampling: Sampling, options: WireOptions, fixed: boolean, warnings: Warnings): void {
  const put = (name: string, value: unknown, accepted: boolean): void => {
    if (value === undefined) return;
    if (accepted) body[name] = value;
    else warnings.dropped(name);
  };
  const neutral = (value: number | undefined, byDefault: number): boolean => !fixed || value === byDefault;
  put("temperature", sampling.temperature, neutral(sampling.temperature, 1));
  put("top_p", sampling.topP, neutral(sampling.topP, 1));
  put("frequency_penalty", sampling.frequencyPenalty, neutral(sampling.frequencyPenalty, 0));
  put("presence_penalty", sampling.presencePenalty, neutral(sampling.presencePenalty, 0));
  put("top_k", sampling.topK, options.extendedSampling);
  put("min_p", sampling.minP, options.extendedSampling);
  put("repetition_penalty", sampling.repetitionPenalty, options.extendedSampling);
  if (sampling.seed !== undefined) {
    const seed = Number(sampling.seed);
    put("seed", seed, Number.isSafeInteger(seed));
  }
  if (Object.keys(sampling.logitBias).length > 0) put("logit_bias", sampling.logitBias, !fixed);
}

function addOutput(body: Body, request: ChatRequest, options: WireOptions, fixed: boolean, warnings: Warnings): void {
  if (request.maxOutputTokens !== undefined) body[options.maxTokensField] = bounded(request.maxOutputTokens);
  if (request.stop.length > 0) body["stop"] = request.stop;
  if (request.n !== undefined) body["n"] = request.n;
  if (request.logprobs !== undefined) {
    if (fixed && request.logprobs) warnings.dropped("logprobs");
    else body["logprobs"] = request.logprobs;
  }
  if (request.topLogprobs !== undefined && !fixed) body["top_logprobs"] = request.topLogprobs;
  if (request.modalities.length > 0) body["modalities"] = request.modalities;
  if (request.audioOutputJson !== "") body["audio"] = parseField(request.audioOutputJson, "audio");
  const format = request.responseFormat === undefined ? undefined : mapResponseFormat(request.responseFormat);
  if (format !== undefined) body["response_format"] = format;
}

function addReasoning(body: Body, request: ChatRequest, warnings: Warnings): void {
  const wish = request.reasoning;
  if (wish === undefined) return;
  if (wish.effort !== undefined) body["reasoning_effort"] = wish.effort;
  if (wish.maxTokens !== undefined) warnings.dropped("A token limit for reasoning");
  if (wish.summary !== undefined) warnings.dropped("A reasoning summary");
}

function addTools(body: Body, request: ChatRequest, warnings: Warnings, passUnknown: boolean): void {
  if (request.tools.length > 0) {
    const tools = mapTools(request.tools, { warnings, passUnknown });
    if (tools.length > 0) body["tools"] = tools;
  }
  if (request.toolChoice !== undefined) {
    const choice = mapToolChoice(request.toolChoice, { warnings, passUnknown });
    if (choice !== undefined) body["tool_choice"] = choice;
  }
  if (request.parallelToolCalls !== undefined) body["parallel_tool_calls"] = request.parallelToolCalls;
}

function addLabels(body: Body, request: ChatRequest): void {
  if (Object.keys(request.metadata).length > 0) body["metadata"] = request.metadata;
  if (request.userLabel !== "") body["user"] = request.userLabel;
  if (request.serviceTier !== "") body["service_tier"] = request.serviceTier;
  if (request.promptCacheKey !== "") body["prompt_cache_key"] = request.promptCacheKey;
  if (request.store !== undefined) body["store"] = request.store;
}

function addStream(body: Body, request: ChatRequest, options: WireOptions): void {
  const wishes = isObject(body["stream_options"]) ? body["stream_options"] : {};
  delete body["stream_options"];
  if (!request.stream) return;
  body["stream"] = true;
  if (!options.streamUsage) return;
  const obfuscation = request.streamOptions?.includeObfuscation;
  body["stream_options"] =
    obfuscation === undefined
      ? { ...wishes, include_usage: true }
      : { ...wishes, include_usage: true, include_obfuscation: obfuscation };
}

/**
 * A canonical request in OpenAI's wire form. What cannot be said there becomes a warning, never an error; unknown
 * fields pass only if the caller wrote them in this very dialect. Usage is always asked for.
 * @throws invalid_request when a JSON text inside the request cannot be read
 */
export function mapChat(request: ChatRequest, model: string, entry: ModelEntry, options: WireOptions): MappedRequest {
  const warnings = new Warnings(options.name);
  const passUnknown = request.dialect === Dialect.DIALECT_OPENAI_CHAT;
  const fixed = options.fixedSampling(entry);
  const body = extraFields(request, warnings, passUnknown);
  body["model"] = model;
  body["messages"] = mapMessages(request.messages, options, { warnings, passUnknown });
  addTools(body, request, warnings, passUnknown);
  addOutput(body, request, options, fixed, warnings);
  if (request.sampling !== undefined) addSampling(body, request.sampling, options, fixed, warnings);
  addReasoning(body, request, warnings);
  addLabels(body, request);
  addStream(body, request, options);
  const accept = request.stream ? "text/event-stream" : "application/json";
  return {
    path: "/chat/completions",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify(body),
    warnings: warnings.list(),
  };
}

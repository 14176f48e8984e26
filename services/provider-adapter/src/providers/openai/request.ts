import { type ChatRequest, Dialect, type Message, type Sampling } from "@sluice/proto/chat/v1/chat";
import type { MappedRequest, ModelEntry } from "../../provider.ts";
import { pairTools } from "../tool-pairs.ts";
import { fitFields } from "./body-fields.ts";
import { inChatWords } from "./from-responses.ts";
import { mapMessages } from "./messages.ts";
import type { WireOptions } from "./options.ts";
import { mapResponseFormat } from "./response-format.ts";
import { chooseTools, mapTools } from "./tools.ts";
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
  "max_new_tokens",
  "max_tokens_to_sample",
  "num_predict",
  "best_of",
];

function bounded(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);
}

/** Unknown top-level fields, if they are in this wire's dialect. */
function extraFields(request: ChatRequest, warnings: Warnings, passUnknown: boolean, closed: boolean): Body {
  const extra = parseExtra(request.extraJson, "body");
  if (extra === undefined) return {};
  if (!passUnknown) {
    for (const name of Object.keys(extra).slice(0, 16)) warnings.dropped(name);
    return {};
  }
  const kept: Body = { ...extra };
  for (const name of OWN_FIELDS) delete kept[name];
  if (closed && kept["response_format"] !== undefined) {
    delete kept["response_format"];
    warnings.dropped("This form of response_format");
  }
  // Unknown wishes about the stream pass; addStream puts ours over them.
  if (isObject(extra["stream_options"])) kept["stream_options"] = extra["stream_options"];
  return kept;
}

function temperatureOf(sampling: Sampling, options: WireOptions, warnings: Warnings): number | undefined {
  const { temperature } = sampling;
  const max = options.temperatureMax;
  if (temperature === undefined || max === undefined || temperature <= max) return temperature;
  warnings.say(`The temperature ${temperature} was sent as ${max}, the highest ${options.name} takes.`);
  return max;
}

function addSampling(body: Body, sampling: Sampling, options: WireOptions, fixed: boolean, warnings: Warnings): void {
  const put = (name: string, value: unknown, accepted: boolean): void => {
    if (value === undefined) return;
    if (accepted) body[name] = value;
    else warnings.dropped(name);
  };
  const neutral = (value: number | undefined, byDefault: number): boolean => !fixed || value === byDefault;
  put("temperature", temperatureOf(sampling, options, warnings), neutral(sampling.temperature, 1));
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
  if (request.n !== undefined && (options.manyAnswers || request.n === 1)) body["n"] = request.n;
  else if (request.n !== undefined) warnings.dropped("Asking for several answers at once");
  if (request.logprobs !== undefined) {
    if (fixed && request.logprobs) warnings.dropped("logprobs");
    else body["logprobs"] = request.logprobs;
  }
  if (request.topLogprobs !== undefined && !fixed) body["top_logprobs"] = request.topLogprobs;
  if (request.modalities.length > 0) body["modalities"] = request.modalities;
  if (request.audioOutputJson !== "") body["audio"] = parseField(request.audioOutputJson, "audio");
}

/** Fields for thinking; what the caller wrote in this wire's own words wins. */
function addReasoning(body: Body, request: ChatRequest, model: ModelEntry, options: WireOptions, warnings: Warnings) {
  for (const [name, value] of Object.entries(options.reasoning(request.reasoning, { model, warnings }))) {
    body[name] ??= value;
  }
}

function addTools(body: Body, request: ChatRequest, options: WireOptions, warnings: Warnings, passUnknown: boolean) {
  if (!options.tools) {
    if (request.tools.length > 0) warnings.dropped("Calling tools");
    return;
  }
  const context = { warnings, passUnknown };
  const { tools, choice } = chooseTools(request.toolChoice, request.tools, options, context);
  const wire = mapTools(tools, context);
  // A choice among no tools is refused.
  if (wire.length === 0) return;
  body["tools"] = wire;
  if (choice !== undefined) body["tool_choice"] = choice;
  if (request.parallelToolCalls !== undefined) body["parallel_tool_calls"] = request.parallelToolCalls;
}

/** `response_format`, and the message that says what it cannot. */
function addFormat(body: Body, request: ChatRequest, model: ModelEntry, options: WireOptions, warnings: Warnings) {
  if (request.responseFormat === undefined) return [];
  const { format, instruction } = mapResponseFormat(request.responseFormat, model, options, warnings);
  if (format !== undefined) body["response_format"] = format;
  return instruction === undefined ? [] : [instruction];
}

/** The instruction stands first, where providers expect the system's words. */
function withInstruction(messages: readonly Message[], instructions: readonly Message[]): readonly Message[] {
  return instructions.length === 0 ? messages : [...instructions, ...messages];
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
export function mapChat(given: ChatRequest, model: string, entry: ModelEntry, options: WireOptions): MappedRequest {
  const warnings = new Warnings(options.name);
  const request = inChatWords(given, warnings);
  const passUnknown = request.dialect === Dialect.DIALECT_OPENAI_CHAT;
  const fixed = options.fixedSampling(entry);
  const closed = options.only.body !== undefined;
  const body = extraFields(request, warnings, passUnknown, closed);
  body["model"] = model;
  // Other dialects leave ids of calls unsaid, and let calls and results stand where this one does not.
  const paired = options.unpaired && passUnknown && given === request;
  const told = paired ? request.messages : pairTools(request, warnings);
  const messages = withInstruction(told, addFormat(body, request, entry, options, warnings));
  body["messages"] = mapMessages(messages, options, { warnings, passUnknown });
  addTools(body, request, options, warnings, passUnknown && !closed);
  addOutput(body, request, options, fixed, warnings);
  if (request.sampling !== undefined) addSampling(body, request.sampling, options, fixed, warnings);
  addReasoning(body, request, entry, options, warnings);
  addLabels(body, request);
  addStream(body, request, options);
  fitFields(body, entry, options, warnings);
  const accept = request.stream ? "text/event-stream" : "application/json";
  return {
    path: "/chat/completions",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify(body),
    warnings: warnings.list(),
  };
}

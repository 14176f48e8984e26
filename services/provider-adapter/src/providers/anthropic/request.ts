import { type ChatRequest, Dialect } from "@sluice/proto/chat/v1/chat";
import type { MappedRequest, ModelEntry } from "../../provider.ts";
import { parseExtra, Warnings } from "../openai/warnings.ts";
import { isObject } from "../openai/wire.ts";
import { pairTools } from "../tool-pairs.ts";
import { betasOf } from "./betas.ts";
import { CacheBoundaries } from "./cache.ts";
import { type MappedFormat, mapFormat } from "./format.ts";
import { type Conversation, loopWithoutThinking, mapConversation } from "./messages.ts";
import type { Block } from "./parts.ts";
import { exactReasoning, type MappedReasoning, mapReasoning } from "./reasoning.ts";
import { addSampling } from "./sampling.ts";
import { ToolIds } from "./tool-ids.ts";
import { type MappedTools, mapTools } from "./tools.ts";
import { type Traits, traitsOf } from "./traits.ts";

type Body = Record<string, unknown>;

/** Fields the canonical request says itself. An unknown field of such a name must not get past a bound set on it. */
const OWN_FIELDS: readonly string[] = ["model", "messages", "system", "tools", "stream", "max_tokens"];
/** Fields that change what an answer costs without the usage telling how much. */
const UNPRICED_FIELDS: readonly string[] = ["speed", "fallbacks", "inference_geo"];

/** What an answer may have when neither the caller nor the model's entry says. */
const MAX_TOKENS_DEFAULT = 4_096;

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
  for (const name of UNPRICED_FIELDS) {
    if (kept[name] === undefined) continue;
    warnings.say(`${name} changes the price in a way that is not known here; it was dropped.`);
    delete kept[name];
  }
  return kept;
}

function maxTokensOf(request: ChatRequest, entry: ModelEntry, warnings: Warnings): number {
  const limit = entry.maxOutputTokens > 0 ? entry.maxOutputTokens : undefined;
  if (request.maxOutputTokens === undefined) return limit ?? MAX_TOKENS_DEFAULT;
  const asked = Number(request.maxOutputTokens);
  if (limit === undefined || asked <= limit) return asked;
  warnings.say(`This model writes at most ${limit} tokens; a bound of ${asked} was lowered to that.`);
  return limit;
}

/** Thinking by budget has conditions that the rest of the request may break: then it is left off. */
function allowedReasoning(
  asked: MappedReasoning,
  tools: MappedTools,
  conversation: Conversation,
  warnings: Warnings,
): MappedReasoning {
  if (asked.thinking?.["type"] !== "enabled") return asked;
  if (tools.forced) {
    warnings.say("Thinking cannot go together with a forced tool call; it was left off.");
    return {};
  }
  if (loopWithoutThinking(conversation)) {
    warnings.say("Thinking was left off: the open tool calls came without this provider's own thinking.");
    return {};
  }
  return asked;
}

function addOutputConfig(body: Body, format: MappedFormat, reasoning: MappedReasoning): void {
  const given = isObject(body["output_config"]) ? body["output_config"] : {};
  const config = {
    ...given,
    ...(format.output !== undefined && { format: format.output }),
    ...(reasoning.effort !== undefined && { effort: reasoning.effort }),
  };
  if (Object.keys(config).length > 0) body["output_config"] = config;
  if (reasoning.thinking !== undefined) body["thinking"] = reasoning.thinking;
}

function isThinking(body: Body, traits: Traits): boolean {
  const { thinking } = body;
  if (!isObject(thinking)) return traits.thinksByDefault;
  return thinking["type"] === "enabled" || thinking["type"] === "adaptive";
}

function addStop(body: Body, request: ChatRequest, warnings: Warnings): void {
  // A stop string of nothing but white space is refused.
  const usable = request.stop.filter((text) => text.trim() !== "");
  if (usable.length < request.stop.length) warnings.dropped("A stop string of white space");
  if (usable.length > 0) body["stop_sequences"] = usable;
}

const TIERS: Readonly<Record<string, string>> = {
  auto: "auto",
  priority: "auto",
  default: "standard_only",
  standard: "standard_only",
  standard_only: "standard_only",
};

function addLabels(body: Body, request: ChatRequest, warnings: Warnings): void {
  const { user_id: ownId, ...labels } = request.metadata;
  const userId = request.userLabel || ownId;
  const given = isObject(body["metadata"]) ? body["metadata"] : {};
  if (userId !== undefined && userId !== "") body["metadata"] = { ...given, user_id: userId };
  if (Object.keys(labels).length > 0) warnings.dropped("metadata other than user_id");
  if (request.serviceTier === "") return;
  const tier = Object.hasOwn(TIERS, request.serviceTier) ? TIERS[request.serviceTier] : undefined;
  if (tier === undefined) warnings.dropped(`The service tier "${request.serviceTier.slice(0, 32)}"`);
  else body["service_tier"] = tier;
}

/** What this wire has no field for at all. */
function warnOfRest(request: ChatRequest, warnings: Warnings): void {
  if ((request.n ?? 1) > 1) warnings.dropped("n above 1");
  if (request.logprobs === true) warnings.dropped("logprobs");
  if (request.modalities.some((kind) => kind !== "text") || request.audioOutputJson !== "") {
    warnings.dropped("Output other than text");
  }
  if (request.promptCacheKey !== "") warnings.dropped("prompt_cache_key");
  if (request.store === true) warnings.dropped("store");
}

function systemOf(conversation: Conversation, format: MappedFormat): readonly Block[] {
  if (format.instruction === undefined) return conversation.system;
  return [...conversation.system, { type: "text", text: format.instruction }];
}

function headersOf(request: ChatRequest, betas: ReadonlySet<string>): Readonly<Record<string, string>> {
  return {
    "content-type": "application/json",
    accept: request.stream ? "text/event-stream" : "application/json",
    "anthropic-version": "2023-06-01",
    ...(betas.size > 0 && { "anthropic-beta": [...betas].join(",") }),
  };
}

/** The body of a request, and what goes with it, for whoever carries this wire. */
export interface MappedBody {
  readonly body: Body;
  /** Features the request uses that must be named. */
  readonly betas: ReadonlySet<string>;
  readonly warnings: Warnings;
}

/**
 * A canonical request as the body of Anthropic's Messages. What cannot be said there becomes a warning, never an error;
 * unknown fields pass only if the caller wrote them in this very dialect.
 * @throws invalid_request when a JSON text inside the request cannot be read
 */
export function mapBody(provider: string, request: ChatRequest, model: string, entry: ModelEntry): MappedBody {
  const warnings = new Warnings(provider);
  const traits = traitsOf(model, entry);
  const passUnknown = request.dialect === Dialect.DIALECT_ANTHROPIC_MESSAGES;
  const cache = new CacheBoundaries(warnings);
  const extra = extraFields(request, warnings, passUnknown);
  const betas = betasOf(extra, warnings);
  const format = mapFormat(request.responseFormat, { traits, warnings, passUnknown });
  const tools = mapTools(request, format, { warnings, passUnknown, cache, traits });
  const ids = new ToolIds();
  // In this very dialect the order is the caller's own.
  const messages = passUnknown ? request.messages : pairTools(request, warnings);
  const conversation = mapConversation(messages, { provider, warnings, passUnknown, cache, ids, betas });
  const maxTokens = maxTokensOf(request, entry, warnings);
  const thinking = { provider, traits, maxTokens, warnings };
  const exact = passUnknown ? exactReasoning(request.reasoning, thinking, betas) : undefined;
  const asked = exact ?? mapReasoning(request.reasoning, thinking);
  const reasoning = allowedReasoning(asked, tools, conversation, warnings);

  const body = extra;
  body["model"] = model;
  body["max_tokens"] = maxTokens;
  const system = systemOf(conversation, format);
  if (system.length > 0) body["system"] = system;
  body["messages"] = conversation.messages;
  if (tools.tools.length > 0) body["tools"] = tools.tools;
  if (tools.choice !== undefined) body["tool_choice"] = tools.choice;
  addOutputConfig(body, format, reasoning);
  addStop(body, request, warnings);
  if (request.sampling !== undefined) {
    addSampling(body, request.sampling, { traits, thinking: isThinking(body, traits), warnings });
  }
  addLabels(body, request, warnings);
  warnOfRest(request, warnings);
  if (request.stream) body["stream"] = true;
  return { body, betas, warnings };
}

/** A canonical request in the form of Anthropic's Messages. @throws invalid_request when a JSON text inside the request cannot be read */
export function mapChat(provider: string, request: ChatRequest, model: string, entry: ModelEntry): MappedRequest {
  const { body, betas, warnings } = mapBody(provider, request, model, entry);
  return {
    path: "/messages",
    headers: headersOf(request, betas),
    body: JSON.stringify(body),
    warnings: warnings.list(),
  };
}

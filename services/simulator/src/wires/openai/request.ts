import { OUTPUT_TOKENS_MAX } from "../../answer/plan-answer.ts";
import { seedOf } from "../../answer/random.ts";
import type { Ask } from "../../answer/types.ts";
import type { ModelName } from "../../models/model-name.ts";
import { type Body, isBody } from "../values.ts";
import { invalid, type WireError } from "./errors.ts";
import { readMessages } from "./messages.ts";
import type { ChatRequest, WireOptions } from "./options.ts";
import { countPromptTokens } from "./prompt-tokens.ts";
import { readFormat, readToolChoice, readTools } from "./tools.ts";

const CHOICES_MAX = 16;
const STOP_MAX = 4;
const TOP_LOGPROBS_MAX = 20;
const TIERS = new Set(["default", "flex", "priority", "scale"]);

/** What the answer depends on besides the model: the same prompt gets the same answer. */
export function promptJson(body: Body): string {
  const { messages, tools, response_format } = body;
  return JSON.stringify({ messages, tools, response_format });
}

/** Reads a request for a known model. Fields nobody reads are let through, as the real door does with most. */
export function readChatRequest(body: Body, model: ModelName): ChatRequest | WireError {
  const messages = readMessages(body["messages"]);
  if ("status" in messages) return messages;
  const maxTokens = body["max_completion_tokens"] ?? body["max_tokens"];
  const choices = body["n"] ?? 1;
  const wrong =
    integerError("max_tokens", body["max_tokens"], 1, OUTPUT_TOKENS_MAX) ??
    integerError("max_completion_tokens", body["max_completion_tokens"], 1, OUTPUT_TOKENS_MAX) ??
    integerError("n", body["n"], 1, CHOICES_MAX) ??
    integerError("seed", body["seed"], Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ??
    integerError("top_logprobs", body["top_logprobs"], 0, TOP_LOGPROBS_MAX) ??
    numberError("temperature", body["temperature"], 0, 2) ??
    numberError("top_p", body["top_p"], 0, 1);
  if (wrong !== undefined) return wrong;
  const stop = readStop(body["stop"]);
  if (!Array.isArray(stop)) return stop;
  const tools = readTools(body["tools"]);
  if ("status" in tools) return tools;
  const choice = readToolChoice(body["tool_choice"], tools.tools);
  if ("status" in choice) return choice;
  const format = readFormat(body["response_format"]);
  if ("status" in format) return format;
  const ask: Ask = {
    model,
    seed: typeof body["seed"] === "number" ? body["seed"] : seedOf(`${model.name}\n${promptJson(body)}`),
    promptTokens: countPromptTokens(body),
    prompt: messages.prompt,
    images: messages.images,
    toolResult: messages.toolResult,
    tools: choice.tools,
    toolChoice: choice.mode,
    silentRefusal: false,
    parallelTools: body["parallel_tool_calls"] !== false,
    format,
    choices: typeof choices === "number" ? choices : 1,
    maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
    stop,
    reasoningEffort: typeof body["reasoning_effort"] === "string" ? body["reasoning_effort"] : "medium",
  };
  return { ask, stream: body["stream"] === true, options: readOptions(body) };
}

function readOptions(body: Body): WireOptions {
  const stream = isBody(body["stream_options"]) ? body["stream_options"] : {};
  const tier = body["service_tier"];
  const alternatives = body["top_logprobs"];
  return {
    includeUsage: stream["include_usage"] === true,
    obfuscate: stream["include_obfuscation"] !== false,
    topLogprobs: body["logprobs"] === true ? (typeof alternatives === "number" ? alternatives : 0) : undefined,
    serviceTier: typeof tier === "string" && TIERS.has(tier) ? tier : "default",
  };
}

function integerError(name: string, value: unknown, min: number, max: number): WireError | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    return invalid(`Invalid type for '${name}': expected an integer.`, name, "invalid_type");
  }
  return numberError(name, value, min, max);
}

function numberError(name: string, value: unknown, min: number, max: number): WireError | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") return invalid(`Invalid type for '${name}': expected a number.`, name, "invalid_type");
  if (value < min)
    return invalid(`Invalid '${name}': expected a value >= ${min}, but got ${value}.`, name, "decimal_below_min_value");
  if (value > max)
    return invalid(`Invalid '${name}': expected a value <= ${max}, but got ${value}.`, name, "decimal_above_max_value");
  return undefined;
}

function readStop(value: unknown): string[] | WireError {
  if (value === undefined || value === null) return [];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > STOP_MAX)
    return invalid(`Invalid 'stop': at most ${STOP_MAX} sequences, but got ${list.length}.`, "stop");
  const texts = list.filter((one) => typeof one === "string");
  return texts.length === list.length
    ? texts
    : invalid("Invalid type for 'stop': expected a string or an array of strings.", "stop", "invalid_type");
}

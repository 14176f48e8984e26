import {
  type ChatRequest,
  Dialect,
  type ResponseFormat,
  ResponseFormatKind,
  type Tool,
  ToolChoiceMode,
} from "@sluice/proto/chat/v1/chat";
import type { MappedRequest, ModelEntry } from "../../../provider.ts";
import { refuseUnknownTool } from "../../tool-names.ts";
import { pairTools } from "../../tool-pairs.ts";
import { fixedSampling } from "../models.ts";
import { parseExtra, parseField, Warnings } from "../warnings.ts";
import { mapInput } from "./input.ts";

type Body = Record<string, unknown>;

const ENCRYPTED = "reasoning.encrypted_content";
const LOGPROBS = "message.output_text.logprobs";

function mapTools(tools: readonly Tool[], warnings: Warnings): Body[] {
  return tools.flatMap((tool, index) => {
    if (tool.type !== "" && tool.type !== "function") {
      warnings.dropped(`The tool type ${tool.type.slice(0, 64)}`);
      return [];
    }
    const parameters = tool.parametersJson === "" ? {} : parseField(tool.parametersJson, `tools[${index}].parameters`);
    return [
      {
        type: "function",
        name: tool.name,
        ...(tool.description !== "" && { description: tool.description }),
        parameters,
        // Left out it would mean true here.
        strict: tool.strict ?? false,
      },
    ];
  });
}

const named = (name: string): Body => ({ type: "function", name });

function choiceOf({ toolChoice, tools }: ChatRequest, warnings: Warnings): unknown {
  if (toolChoice === undefined) return undefined;
  if (toolChoice.unknownJson !== "") warnings.dropped("This form of tool_choice");
  const { mode, names } = toolChoice;
  const [first] = names;
  const known = names.filter((name) => tools.some((tool) => tool.name === name));
  const demanded = mode === ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED || mode === ToolChoiceMode.TOOL_CHOICE_MODE_NAMED;
  if (demanded && first !== undefined && known.length === 0) refuseUnknownTool(names);
  const allowed = (word: string) => ({ type: "allowed_tools", mode: word, tools: names.map(named) });
  switch (mode) {
    case ToolChoiceMode.TOOL_CHOICE_MODE_NONE:
      return "none";
    case ToolChoiceMode.TOOL_CHOICE_MODE_AUTO:
      return first === undefined ? "auto" : allowed("auto");
    case ToolChoiceMode.TOOL_CHOICE_MODE_REQUIRED:
      return first === undefined ? "required" : allowed("required");
    case ToolChoiceMode.TOOL_CHOICE_MODE_NAMED:
      if (first === undefined) return "required";
      return names.length === 1 ? named(first) : allowed("required");
    default:
      return undefined;
  }
}

function addTools(body: Body, request: ChatRequest, warnings: Warnings): void {
  const tools = mapTools(request.tools, warnings);
  if (tools.length === 0) return;
  body["tools"] = tools;
  const choice = choiceOf(request, warnings);
  if (choice !== undefined) body["tool_choice"] = choice;
  if (request.parallelToolCalls !== undefined) body["parallel_tool_calls"] = request.parallelToolCalls;
}

function formatOf(format: ResponseFormat): Body | undefined {
  switch (format.kind) {
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_OBJECT:
      return { type: "json_object" };
    case ResponseFormatKind.RESPONSE_FORMAT_KIND_JSON_SCHEMA:
      return {
        type: "json_schema",
        name: format.name || "response",
        schema: parseField(format.schemaJson || "{}", "response_format.json_schema.schema"),
        ...(format.description !== "" && { description: format.description }),
        ...(format.strict !== undefined && { strict: format.strict }),
      };
    default:
      return undefined;
  }
}

function addSampling(body: Body, request: ChatRequest, entry: ModelEntry, warnings: Warnings): void {
  const { sampling } = request;
  if (sampling === undefined) return;
  const fixed = fixedSampling(entry);
  for (const [name, value] of [
    ["temperature", sampling.temperature],
    ["top_p", sampling.topP],
  ] as const) {
    if (value === undefined) continue;
    if (fixed && value !== 1) warnings.dropped(name);
    else body[name] = value;
  }
  const unknown = {
    top_k: sampling.topK,
    seed: sampling.seed,
    min_p: sampling.minP,
    frequency_penalty: sampling.frequencyPenalty || undefined,
    presence_penalty: sampling.presencePenalty || undefined,
    repetition_penalty: sampling.repetitionPenalty,
    logit_bias: Object.keys(sampling.logitBias).length > 0 || undefined,
  };
  for (const [name, value] of Object.entries(unknown)) if (value !== undefined) warnings.dropped(name);
}

function addReasoning(body: Body, request: ChatRequest, warnings: Warnings): void {
  const wish = request.reasoning;
  if (wish?.maxTokens !== undefined) warnings.dropped("A token limit for reasoning");
  const summary = wish?.summary ?? (wish?.include === true ? "auto" : undefined);
  if (wish?.effort === undefined && summary === undefined) return;
  body["reasoning"] = {
    ...(wish?.effort !== undefined && { effort: wish.effort }),
    ...(summary !== undefined && { summary }),
  };
}

/** Nothing is kept at the provider unless the caller wants it: then thinking must come with the answer, to go back with the next turn. */
function addKeeping(body: Body, request: ChatRequest, entry: ModelEntry): void {
  body["store"] = request.store ?? false;
  const include = [
    ...(entry.capabilities.includes("reasoning") ? [ENCRYPTED] : []),
    ...(request.logprobs === true ? [LOGPROBS] : []),
  ];
  if (include.length > 0) body["include"] = include;
  if (request.topLogprobs !== undefined) body["top_logprobs"] = request.topLogprobs;
}

function addLabels(body: Body, request: ChatRequest): void {
  if (Object.keys(request.metadata).length > 0) body["metadata"] = request.metadata;
  if (request.userLabel !== "") body["user"] = request.userLabel;
  if (request.serviceTier !== "") body["service_tier"] = request.serviceTier;
  if (request.promptCacheKey !== "") body["prompt_cache_key"] = request.promptCacheKey;
}

/** Fields the canonical request says itself, and those that would have the provider keep or fetch what the gateway does not see. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...["model", "input", "instructions", "tools", "stream", "store", "max_output_tokens", "include", "text"],
  ...["previous_response_id", "conversation", "background", "prompt", "max_tool_calls"],
]);

/** Unknown fields, if the caller wrote them in this very dialect. */
function extraFields(request: ChatRequest, warnings: Warnings): Body {
  const extra = Object.entries(parseExtra(request.extraJson, "body") ?? {});
  if (request.dialect === Dialect.DIALECT_OPENAI_RESPONSES) {
    return Object.fromEntries(extra.filter(([name]) => !OWN_FIELDS.has(name)));
  }
  for (const [name] of extra.slice(0, 16)) warnings.dropped(name);
  return {};
}

/** What this wire has no field for at all. */
function warnOfRest(request: ChatRequest, warnings: Warnings): void {
  if (request.stop.length > 0) warnings.dropped("stop");
  if ((request.n ?? 1) > 1) warnings.dropped("Asking for several answers at once");
  if (request.modalities.some((kind) => kind !== "text")) warnings.dropped("Output other than text");
}

/**
 * A canonical request in the form of OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses/create). What cannot be
 * said there becomes a warning, never an error.
 * @throws invalid_request when a JSON text inside the request cannot be read
 */
export function mapResponses(name: string, request: ChatRequest, model: string, entry: ModelEntry): MappedRequest {
  const warnings = new Warnings(name);
  const extra = extraFields(request, warnings);
  const body: Body = { ...extra, model, input: mapInput(pairTools(request, warnings), { provider: name, warnings }) };
  if (request.maxOutputTokens !== undefined) body["max_output_tokens"] = Number(request.maxOutputTokens);
  addTools(body, request, warnings);
  const format = request.responseFormat === undefined ? undefined : formatOf(request.responseFormat);
  if (format !== undefined) body["text"] = { format };
  addSampling(body, request, entry, warnings);
  addReasoning(body, request, warnings);
  addKeeping(body, request, entry);
  addLabels(body, request);
  warnOfRest(request, warnings);
  if (request.stream) body["stream"] = true;
  const obfuscation = request.streamOptions?.includeObfuscation;
  if (request.stream && obfuscation !== undefined) body["stream_options"] = { include_obfuscation: obfuscation };
  return {
    path: "/responses",
    headers: { "content-type": "application/json", accept: request.stream ? "text/event-stream" : "application/json" },
    body: JSON.stringify(body),
    warnings: warnings.list(),
  };
}

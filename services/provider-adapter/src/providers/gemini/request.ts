import { type ChatRequest, Dialect } from "@sluice/proto/chat/v1/chat";
import type { MappedRequest, ModelEntry } from "../../provider.ts";
import { parseExtra, Warnings } from "../openai/warnings.ts";
import { pairTools } from "../tool-pairs.ts";
import { mapContents } from "./contents.ts";
import { clashesWithTools, formatFields, formatInstruction, wantsJson } from "./format.ts";
import { mapGeneration } from "./generation.ts";
import { thinkingOf } from "./thinking.ts";
import { exactOr, mapToolChoice, mapTools, type ToolContext } from "./tools.ts";
import { isObject } from "./wire.ts";

type Body = Record<string, unknown>;

/** Fields the canonical request says itself, in the two spellings Google takes: an unknown field must not get past a bound. */
const OWN_FIELDS: readonly string[] = [
  "model",
  "contents",
  "systemInstruction",
  "system_instruction",
  "tools",
  "toolConfig",
  "tool_config",
  "generationConfig",
  "generation_config",
];

const TIERS: readonly string[] = ["standard", "flex", "priority"];

/** Unknown top-level fields, if they are in this wire's dialect. */
function extraFields(request: ChatRequest, warnings: Warnings, passUnknown: boolean): Readonly<Body> {
  const extra = parseExtra(request.extraJson, "body");
  if (extra === undefined) return {};
  if (passUnknown) return extra;
  for (const name of Object.keys(extra).slice(0, 16)) warnings.dropped(name);
  return {};
}

function addTools(
  body: Body,
  request: ChatRequest,
  given: Readonly<Body>,
  warnings: Warnings,
  passUnknown: boolean,
): void {
  const context = { warnings, passUnknown };
  const tools = mapTools(request.tools, context);
  if (tools.length > 0) body["tools"] = tools;
  const { toolChoice } = request;
  const choice =
    tools.length === 0 || toolChoice === undefined ? undefined : mapToolChoice(toolChoice, request.tools, context);
  const before = given["toolConfig"];
  if (tools.length > 0 && (choice !== undefined || isObject(before))) {
    body["toolConfig"] = { ...(isObject(before) ? before : {}), ...choice };
  }
  if (request.parallelToolCalls === false && tools.length > 0) warnings.dropped("parallel_tool_calls: false");
}

/** How JSON is asked for: by settings, or by words where settings and functions exclude each other. */
interface AskedFor {
  readonly settings: Readonly<Body>;
  readonly instructions: readonly { readonly text: string }[];
}

function askForJson(request: ChatRequest, entry: ModelEntry, hasTools: boolean, context: ToolContext): AskedFor {
  const { responseFormat } = request;
  const { warnings } = context;
  if (!wantsJson(responseFormat)) return { settings: {}, instructions: [] };
  if (context.passUnknown && responseFormat.exactJson !== undefined) {
    const settings = exactOr(responseFormat.exactJson, "generationConfig", context, () => ({}));
    return { settings, instructions: [] };
  }
  if (hasTools && clashesWithTools(entry)) {
    return { settings: {}, instructions: [{ text: formatInstruction(responseFormat, warnings) }] };
  }
  return { settings: formatFields(responseFormat, warnings), instructions: [] };
}

function addLabels(body: Body, request: ChatRequest, warnings: Warnings): void {
  const { serviceTier } = request;
  if (TIERS.includes(serviceTier)) body["serviceTier"] = serviceTier;
  else if (serviceTier !== "" && serviceTier !== "auto" && serviceTier !== "default") {
    warnings.dropped(`The service tier ${serviceTier}`);
  }
  if (Object.keys(request.metadata).length > 0) warnings.dropped("metadata");
  if (request.userLabel !== "") warnings.dropped("user");
  if (request.store === true) warnings.dropped("store");
}

/** A model's name in an address: nothing in it may change the path. */
function pathOf(model: string, stream: boolean): string {
  const place = `/models/${encodeURIComponent(model)}`;
  return stream ? `${place}:streamGenerateContent?alt=sse` : `${place}:generateContent`;
}

/**
 * A canonical request in Google's wire form. What cannot be said there becomes a warning, never an error; unknown fields pass only if
 * the caller wrote them in this very dialect.
 * @throws invalid_request when a JSON text inside the request cannot be read
 */
export function mapChat(request: ChatRequest, model: string, entry: ModelEntry, provider: string): MappedRequest {
  const warnings = new Warnings(provider);
  const passUnknown = request.dialect === Dialect.DIALECT_GEMINI;
  const given = extraFields(request, warnings, passUnknown);
  const body: Body = { ...given };
  for (const name of OWN_FIELDS) delete body[name];
  const thirdGeneration = thinkingOf(entry).kind === "level";
  const messages = passUnknown ? request.messages : pairTools(request, warnings);
  const conversation = mapContents(messages, { provider, warnings, passUnknown, thirdGeneration });
  addTools(body, request, given, warnings, passUnknown);
  const asked = askForJson(request, entry, body["tools"] !== undefined, { warnings, passUnknown });
  const system = [...(conversation.systemInstruction?.parts ?? []), ...asked.instructions];
  body["contents"] = conversation.contents;
  if (system.length > 0) body["systemInstruction"] = { parts: system };
  const generation = {
    ...mapGeneration(request, entry, given["generationConfig"], { warnings, passUnknown }),
    ...asked.settings,
  };
  if (Object.keys(generation).length > 0) body["generationConfig"] = generation;
  addLabels(body, request, warnings);
  return {
    path: pathOf(model, request.stream),
    headers: { "content-type": "application/json", accept: request.stream ? "text/event-stream" : "application/json" },
    body: JSON.stringify(body),
    warnings: warnings.list(),
  };
}

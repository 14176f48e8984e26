import { type ChatRequest, Dialect } from "@sluice/proto/chat/v1/chat";
import type { MappedRequest, ModelEntry } from "../../provider.ts";
import { mapBody } from "../anthropic/request.ts";
import type { Warnings } from "../openai/warnings.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { type ContentContext, mapBlocks, mapToolSpecs, mapTurn, toldTools } from "./content.ts";
import { foreignReasoning } from "./reasoning.ts";
import type { WireObject } from "./wire.ts";

type Body = Record<string, unknown>;

const TIERS: readonly string[] = ["default", "flex", "priority", "reserved"];

/** What is known of a model by its id; a deployment's name may hide it, the entry does not. */
interface Kind {
  readonly claude: boolean;
  readonly nova: boolean;
  /** True for models that can be made to call some tool, or one. */
  readonly forced: boolean;
}

function kindOf(model: string, entry: ModelEntry): Kind {
  const is = (pattern: RegExp) => pattern.test(model) || pattern.test(entry.id);
  const [claude, nova] = [is(/claude/), is(/nova/)];
  return { claude, nova, forced: claude || nova || is(/mistral/) };
}

function addInference(body: Body, given: WireObject, request: ChatRequest): void {
  const inference = {
    ...(request.maxOutputTokens !== undefined && { maxTokens: given["max_tokens"] }),
    ...(given["temperature"] !== undefined && { temperature: given["temperature"] }),
    ...(given["top_p"] !== undefined && { topP: given["top_p"] }),
    ...(given["stop_sequences"] !== undefined && { stopSequences: given["stop_sequences"] }),
  };
  if (Object.keys(inference).length > 0) body["inferenceConfig"] = inference;
}

/** Fields of the model's own that Converse passes through. */
function modelFields(
  given: WireObject,
  request: ChatRequest,
  model: string,
  kind: Kind,
  warnings: Warnings,
): WireObject {
  const topK = given["top_k"];
  if (kind.claude) {
    return {
      ...(topK !== undefined && { top_k: topK }),
      ...(isObject(given["thinking"]) && { thinking: given["thinking"] }),
    };
  }
  const thinking = foreignReasoning(request.reasoning, model, warnings);
  if (topK === undefined) return thinking;
  if (kind.nova) return { ...thinking, inferenceConfig: { topK } };
  warnings.dropped("top_k of this model");
  return thinking;
}

function addOutput(body: Body, given: WireObject, request: ChatRequest, kind: Kind): void {
  const config = given["output_config"];
  if (!isObject(config)) return;
  const { format, effort } = config;
  const schema = isObject(format) ? format["schema"] : undefined;
  const name = request.responseFormat?.name ?? "";
  const output = {
    ...(schema !== undefined && {
      textFormat: {
        type: "json_schema",
        structure: { jsonSchema: { schema: JSON.stringify(schema), ...(name !== "" && { name }) } },
      },
    }),
    ...(kind.claude && effort !== undefined && { effort }),
  };
  if (Object.keys(output).length > 0) body["outputConfig"] = output;
}

/** The wire knows no "none", and not every model can be made to call a tool. */
function choiceOf(choice: unknown, kind: Kind, warnings: Warnings): WireObject | undefined {
  if (!isObject(choice)) return undefined;
  if (choice["disable_parallel_tool_use"] === true) warnings.dropped("parallel_tool_calls: false");
  const type = textOf(choice["type"]);
  if (type === "auto") return { auto: {} };
  if (type === "none") return undefined;
  if (!kind.forced) {
    warnings.say("This model cannot be made to call a tool: tool_choice is left to it.");
    return undefined;
  }
  return type === "tool" ? { tool: { name: choice["name"] } } : { any: {} };
}

const named = (name: string): WireObject => ({ toolSpec: { name, inputSchema: { json: { type: "object" } } } });

function addTools(body: Body, given: WireObject, kind: Kind, context: ContentContext): void {
  const { warnings } = context;
  const choice = given["tool_choice"];
  const told = toldTools(given["messages"]);
  const none = isObject(choice) && choice["type"] === "none";
  if (none && told.length > 0)
    warnings.say("tool_choice none cannot be said here while the conversation tells of tools.");
  const tools = none && told.length === 0 ? [] : mapToolSpecs(given["tools"], kind.claude, context);
  // A conversation that tells of tools is refused without them.
  if (tools.length === 0 && told.length > 0) tools.push(...told.map(named));
  if (tools.length === 0) return;
  const toolChoice = choiceOf(choice, kind, warnings);
  body["toolConfig"] = { tools, ...(toolChoice !== undefined && { toolChoice }) };
}

function addTier(body: Body, { serviceTier }: ChatRequest, warnings: Warnings): void {
  if (TIERS.includes(serviceTier)) body["serviceTier"] = { type: serviceTier };
  else if (serviceTier !== "" && serviceTier !== "auto") {
    warnings.dropped(`The service tier "${serviceTier.slice(0, 32)}"`);
  }
}

/** The request as the mapping of Anthropic's Messages is to see it: not in its dialect, and without what is said otherwise here. */
function forMessages(request: ChatRequest, kind: Kind): ChatRequest {
  const reasoning = kind.claude ? request.reasoning : undefined;
  return { ...request, reasoning, dialect: Dialect.DIALECT_UNSPECIFIED, serviceTier: "" };
}

function pathOf(model: string, stream: boolean): string {
  return `/model/${encodeURIComponent(model)}/${stream ? "converse-stream" : "converse"}`;
}

/**
 * A canonical request as Bedrock's Converse takes it, by way of Anthropic's Messages, whose turns and blocks it shares. What cannot be said
 * there becomes a warning, never an error.
 * @throws invalid_request when a JSON text inside the request cannot be read
 */
export function mapChat(request: ChatRequest, model: string, entry: ModelEntry): MappedRequest {
  const kind = kindOf(model, entry);
  const { body: given, warnings } = mapBody("bedrock", forMessages(request, kind), model, entry);
  const context: ContentContext = { warnings, caches: kind.claude || kind.nova, documents: 0 };
  const body: Body = {};
  const system = mapBlocks(given["system"], context);
  if (system.length > 0) body["system"] = system;
  const messages = Array.isArray(given["messages"]) ? given["messages"].filter(isObject) : [];
  body["messages"] = messages.map(({ role, content }) => ({ role, content: mapTurn(content, context) }));
  addInference(body, given, request);
  addTools(body, given, kind, context);
  addOutput(body, given, request, kind);
  const own = modelFields(given, request, model, kind, warnings);
  if (Object.keys(own).length > 0) body["additionalModelRequestFields"] = own;
  addTier(body, request, warnings);
  if (isObject(given["metadata"])) warnings.dropped("user");
  const accept = request.stream ? "application/vnd.amazon.eventstream" : "application/json";
  return {
    path: pathOf(model, request.stream),
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify(body),
    warnings: warnings.list(),
  };
}

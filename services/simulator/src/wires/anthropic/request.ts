import { OUTPUT_TOKENS_MAX } from "../../answer/plan-answer.ts";
import { seedOf } from "../../answer/random.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { ModelName } from "../../models/model-name.ts";
import { isRefusal, type Refusal } from "../../serve/wire.ts";
import { type Body, isBody, object, objects } from "../values.ts";
import { checkTurns } from "./check-turns.ts";
import { invalid } from "./errors.ts";
import type { Block, MessagesRequest, Turn } from "./options.ts";
import { countPromptTokens } from "./prompt-tokens.ts";
import { readThinking } from "./thinking.ts";
import { readFormat, readToolChoice, readTools } from "./tools.ts";
import { readTurns } from "./turns.ts";

const FIELDS = new Set(
  [
    "cache_control container context_management diagnostics inference_geo max_tokens mcp_servers messages metadata model",
    "output_config output_format service_tier speed stop_sequences stream system temperature thinking tool_choice tools",
    "top_k top_p user_profile_id workspace_id",
  ].flatMap((line) => line.split(" ")),
);

/** What the provider documents for trying out withheld thoughts. */
const REDACT = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING";

/** Reads a request for a known model as strictly as the real door does: it refuses fields it does not know. */
export function readMessagesRequest(exchange: Exchange, body: Body, model: ModelName): MessagesRequest | Refusal {
  const wrong = checkFields(exchange, body, model) ?? checkNumbers(body);
  if (wrong !== undefined) return wrong;
  const turns = readTurns(body["messages"]);
  if (isRefusal(turns)) return turns;
  const broken = checkTurns(turns);
  if (broken !== undefined) return broken;
  const tools = readTools(body["tools"]);
  if (isRefusal(tools)) return tools;
  const choice = readToolChoice(body["tool_choice"], tools);
  if (isRefusal(choice)) return choice;
  const format = readFormat(body["output_format"] ?? object(body["output_config"])["format"]);
  if (isRefusal(format)) return format;
  const thinking = readThinking(body);
  if (isRefusal(thinking)) return thinking;
  const stop = body["stop_sequences"];
  const { max_tokens: maxTokens } = body;
  const conversation = readConversation(turns);
  return {
    stream: body["stream"] === true,
    redacted: conversation.prompt.includes(REDACT),
    ask: {
      model,
      seed: seedOf(`${model.name}\n${promptJson(body)}`),
      promptTokens: countPromptTokens(body),
      ...conversation,
      tools: choice.tools,
      toolChoice: choice.mode,
      parallelTools: choice.parallel,
      silentRefusal: true,
      format,
      choices: 1,
      maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
      stop: Array.isArray(stop) ? stop.filter((one) => typeof one === "string") : [],
      reasoningEffort: thinking.effort,
    },
  };
}

/** What the answer depends on besides the model. */
function promptJson({ system, messages, tools, output_config: output }: Body): string {
  return JSON.stringify({ system, messages, tools, format: object(output)["format"] });
}

function checkFields({ request }: Exchange, body: Body, model: ModelName): Refusal | undefined {
  if (request.headers["anthropic-version"] === undefined) return invalid("anthropic-version: header is required");
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return invalid(`${unknown.slice(0, 64)}: Extra inputs are not permitted`);
  const label = Object.keys(object(body["metadata"])).find((name) => name !== "user_id");
  if (label !== undefined) return invalid(`metadata.${label.slice(0, 64)}: Extra inputs are not permitted`);
  const { max_tokens: limit, system } = body;
  if (limit === undefined || limit === null) return invalid("max_tokens: Field required");
  if (!Number.isSafeInteger(limit)) return invalid("max_tokens: Input should be a valid integer");
  if (Number(limit) < 1) return invalid("max_tokens: Input should be greater than or equal to 1");
  if (Number(limit) > OUTPUT_TOKENS_MAX) {
    return invalid(
      `max_tokens: ${Number(limit)} > ${OUTPUT_TOKENS_MAX}, which is the maximum allowed number of output tokens for ${model.name}`,
    );
  }
  if (objects(system).some((block) => block["type"] === "text" && block["text"] === "")) {
    return invalid("system: text content blocks must be non-empty");
  }
  return undefined;
}

function checkNumbers(body: Body): Refusal | undefined {
  for (const name of ["temperature", "top_p"]) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "number") return invalid(`${name}: Input should be a valid number`);
    if (value < 0 || value > 1) return invalid(`${name}: range: 0..1`);
  }
  const stop = body["stop_sequences"];
  if (stop === undefined || stop === null) return undefined;
  if (!Array.isArray(stop)) return invalid("stop_sequences: Input should be a valid list");
  return stop.some((one) => typeof one === "string" && one.trim() === "")
    ? invalid("stop_sequences: each stop sequence must contain non-whitespace")
    : undefined;
}

function readConversation(turns: readonly Turn[]) {
  let prompt = "";
  let images = 0;
  for (const { role, blocks } of turns) {
    const text = blocks.flatMap(({ block }) => (typeof block["text"] === "string" ? [block["text"]] : [])).join(" ");
    if (role === "user" && text !== "") prompt = text;
    for (const { block, type } of blocks) {
      if (type === "image") images++;
      if (type === "tool_result") images += objects(block["content"]).filter((one) => one["type"] === "image").length;
    }
  }
  return { prompt, images, toolResult: resultText(turns.at(-1)?.blocks.at(-1)) };
}

function resultText(last: Block | undefined): string | undefined {
  if (last?.type !== "tool_result") return undefined;
  const { content } = last.block;
  if (typeof content === "string") return content;
  return (Array.isArray(content) ? content : [])
    .flatMap((block) => (isBody(block) && typeof block["text"] === "string" ? [block["text"]] : []))
    .join(" ");
}

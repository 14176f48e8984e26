import { seedOf } from "../../answer/random.ts";
import type { Exchange } from "../../http/exchange.ts";
import type { ModelName } from "../../models/model-name.ts";
import { isRefusal, type Refusal } from "../../serve/wire.ts";
import type { Body } from "../values.ts";
import { checkConfig, readThinking } from "./config.ts";
import { readContents } from "./contents.ts";
import { isArrayStream } from "./errors.ts";
import { checkFields, fields } from "./fields.ts";
import type { GenerateRequest } from "./options.ts";
import { countPromptTokens } from "./prompt-tokens.ts";
import { checkSignatures } from "./signatures.ts";
import { readFormat, readToolChoice, readTools } from "./tools.ts";

/** Reads a request for a known model as strictly as the real door does: it refuses fields it does not know. */
export function readGenerateRequest(exchange: Exchange, body: Body, model: ModelName): GenerateRequest | Refusal {
  const request = fields(body);
  const config = fields(request["generationConfig"]);
  const wrong = checkFields(body) ?? checkConfig(config);
  if (wrong !== undefined) return wrong;
  const contents = readContents(request["contents"]);
  if (isRefusal(contents)) return contents;
  const changed = checkSignatures(request["contents"], model.base === "reasoner");
  if (changed !== undefined) return changed;
  const tools = readTools(request["tools"]);
  if (isRefusal(tools)) return tools;
  const choice = readToolChoice(request["toolConfig"], tools);
  if (isRefusal(choice)) return choice;
  const format = readFormat(config);
  if (isRefusal(format)) return format;
  const thinking = readThinking(config, model);
  if (isRefusal(thinking)) return thinking;
  const { seed, candidateCount, maxOutputTokens, stopSequences } = config;
  return {
    stream: exchange.path.endsWith(":streamGenerateContent"),
    framing: isArrayStream(exchange) ? "array" : "sse",
    includeThoughts: thinking.include,
    ask: {
      model,
      seed: typeof seed === "number" ? seed : seedOf(`${model.name}\n${promptJson(request, config)}`),
      promptTokens: countPromptTokens(body),
      ...contents,
      tools: choice.tools,
      toolChoice: choice.mode,
      parallelTools: true,
      silentRefusal: true,
      format,
      choices: typeof candidateCount === "number" ? candidateCount : 1,
      maxTokens: typeof maxOutputTokens === "number" ? maxOutputTokens : undefined,
      stop: Array.isArray(stopSequences) ? stopSequences.filter((one) => typeof one === "string") : [],
      reasoningEffort: thinking.effort,
    },
  };
}

/** What the answer depends on besides the model. */
function promptJson({ systemInstruction, contents, tools }: Body, config: Body): string {
  const { responseMimeType, responseSchema, responseJsonSchema } = config;
  return JSON.stringify({ systemInstruction, contents, tools, responseMimeType, responseSchema, responseJsonSchema });
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { translateLine } from "../../../services/launcher/src/commands/translate/translate-line.ts";

/** A recorded request, and the prompt tokens its provider reported for it. */
export interface RecordedPrompt {
  readonly name: string;
  readonly model: string;
  readonly chat: ChatRequest;
  readonly tokens: number;
}

type Json = Readonly<Record<string, unknown>>;

interface Exchange {
  readonly api: string;
  readonly provider: string;
  readonly model?: string;
  readonly request?: { readonly body?: Json };
  readonly response: { readonly status: number };
}

/** Where the conversation, the instructions and a schema are, by dialect. */
const PLACES: Readonly<Record<string, { messages: string; beside: readonly string[] }>> = {
  chat: { messages: "messages", beside: [] },
  messages: { messages: "messages", beside: ["system"] },
  generate_content: { messages: "contents", beside: ["systemInstruction", "system_instruction"] },
};
/** Pictures, files, what the provider fetches or keeps, and fields that pass through a service of its own: no text that can be counted. */
const NO_TEXT =
  /image|codeExecution|urlContext|advisor|computer_|"file|audio|document|inlineData|inline_data|fileData|_search|[sS]earch"|web_fetch|code_execution|container|cachedContent|plugins|signature|encrypted|guardrail/;
/** A system that searches on its own account, and a free offer that another model answered for. */
const NOT_THE_MODEL = /^compound|:free$/;
const NOT_SHOWN = new Set(["role", "type", "id", "tool_call_id", "tool_use_id", "cache_control", "thought"]);

/** The recorded requests of plain text, with or without tools, whose usage is known. */
export function recordedPrompts(folder: string): RecordedPrompt[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(folder, name)).map((file) => join(name, file)));
  return files.filter((name) => name.endsWith(".json")).flatMap((name) => promptOf(folder, name) ?? []);
}

function promptOf(folder: string, name: string): RecordedPrompt | undefined {
  const text = readFileSync(join(folder, name), "utf8");
  const exchange = JSON.parse(text) as Exchange;
  const places = PLACES[exchange.api];
  const body = exchange.request?.body;
  if (places === undefined || body === undefined || exchange.response.status !== 200) return undefined;
  if (typeof body !== "object" || NO_TEXT.test(JSON.stringify(body))) return undefined;
  const line = translateLine({ text: JSON.stringify({ id: name, ...exchange }) });
  const { usage } = JSON.parse(line.text) as { usage?: { prompt_tokens?: number } | null };
  const tokens = usage?.prompt_tokens ?? 0;
  const model = exchange.model ?? String(body["model"]);
  return tokens === 0 || NOT_THE_MODEL.test(model) ? undefined : { name, model, tokens, chat: chatOf(body, places) };
}

function chatOf(body: Json, places: { messages: string; beside: readonly string[] }): ChatRequest {
  const messages = body[places.messages];
  const all = [...(Array.isArray(messages) ? messages : []), ...places.beside.flatMap((field) => body[field] ?? [])];
  const config = (body["generationConfig"] ?? {}) as Json;
  const format = (body["response_format"] ?? body["output_format"] ?? body["output_config"] ?? {}) as Json;
  const schema = config["responseSchema"] ?? config["responseJsonSchema"] ?? format["json_schema"] ?? format["schema"];
  const schemas = schema ?? format["format"];
  const declared = Array.isArray(body["tools"]) ? (body["tools"] as Json[]) : [];
  const tools = declared.flatMap((tool) => (tool["functionDeclarations"] as Json[] | undefined) ?? [tool]);
  return ChatRequest.fromPartial({
    extraJson: body["functions"] === undefined ? "" : JSON.stringify({ functions: body["functions"] }),
    messages: all.map((message) => ({
      parts: [
        ...textsIn(message, []).map((value) => ({ kind: { $case: "text" as const, value } })),
        ...callsIn(message).map(() => ({ kind: { $case: "toolCall" as const, value: {} } })),
      ],
    })),
    tools: tools.map((tool) => ({ name: "f", type: "function", parametersJson: JSON.stringify(tool) })),
    ...(schemas !== undefined && { responseFormat: { name: "s", schemaJson: JSON.stringify(schemas) } }),
  });
}

/** Tool calls and results, however a dialect spells them. */
const callsIn = (message: unknown): readonly string[] =>
  JSON.stringify(message).match(
    /"role":"(?:tool|function)"|"type":"(?:function|tool_use|tool_result)"|"function_call"|"functionCall"|"functionResponse"/g,
  ) ?? [];

function textsIn(value: unknown, into: string[]): string[] {
  if (typeof value === "string") into.push(value);
  else if (Array.isArray(value)) for (const one of value) textsIn(one, into);
  else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) if (!NOT_SHOWN.has(name)) textsIn(one, into);
  }
  return into;
}

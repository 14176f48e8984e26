import { z } from "zod";

/** Bounds of a request that configuration sets. */
export interface ResponseLimits {
  /** Of the conversation's items, those that are kept here among them. */
  readonly itemsMax: number;
  readonly toolsMax: number;
  /** Of content parts, over all items. */
  readonly partsMax: number;
}

const MODEL_NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;
const LABEL_MAX = 1_024;
const NAME_MAX = 256;

const KNOWN_ITEMS: ReadonlySet<string> = new Set([
  "message",
  "reasoning",
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "item_reference",
]);

const number = z.number().nullish();
const flag = z.boolean().nullish();
const label = z.string().max(LABEL_MAX).nullish();
const looseJson = z.record(z.string(), z.unknown());

const part = z.looseObject({
  type: z.string().min(1).max(64),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  image_url: z.string().min(1).nullish(),
  detail: label,
  file_id: label,
  file_url: z.string().nullish(),
  file_data: z.string().nullish(),
  filename: label,
  input_audio: z.looseObject({ data: z.string(), format: z.string().max(32) }).nullish(),
});

const knownItem = z.looseObject({
  type: z.string().min(1).max(64).nullish(),
  id: label,
  role: z.enum(["user", "assistant", "system", "developer"]).nullish(),
  content: z.union([z.string(), z.array(part)]).nullish(),
  call_id: label,
  name: z.string().max(NAME_MAX).nullish(),
  arguments: z.string().nullish(),
  input: z.string().nullish(),
  output: z.union([z.string(), z.array(part)]).nullish(),
  summary: z.array(z.looseObject({ type: z.string().max(64), text: z.string() })).nullish(),
  encrypted_content: z.string().nullish(),
});

/** Items a gateway has no business with: records of tools that a provider ran itself. Only their type is looked at. */
const foreignItem = z.looseObject({
  type: z
    .string()
    .max(64)
    .refine((type) => !KNOWN_ITEMS.has(type)),
  id: label,
});

/** One item of a conversation; without a type it is a message, or stands for an item that is kept here. */
export const itemSchema = z.union([knownItem, foreignItem]) as unknown as typeof knownItem;

const tool = z.looseObject({
  type: z.string().min(1).max(64),
  name: z.string().min(1).max(NAME_MAX).nullish(),
  description: z.string().nullish(),
  parameters: looseJson.nullish(),
  strict: flag,
  format: z.looseObject({ type: z.string().max(64) }).nullish(),
});

const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.looseObject({
    type: z.string().max(64),
    name: z.string().max(NAME_MAX).nullish(),
    mode: z.enum(["auto", "required"]).nullish(),
    tools: z.array(z.looseObject({ type: z.string().max(64), name: z.string().max(NAME_MAX).nullish() })).nullish(),
  }),
]);

const format = z.looseObject({
  type: z.enum(["text", "json_object", "json_schema"]),
  name: z.string().max(NAME_MAX).nullish(),
  description: z.string().nullish(),
  schema: looseJson.nullish(),
  strict: flag,
});

const INCLUDES = [
  "reasoning.encrypted_content",
  "message.output_text.logprobs",
  "message.input_image.image_url",
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
] as const;

/** The body of `POST /v1/responses`, as far as Sluice reads it; fields it does not know are kept. */
export const responseSchema = (limits: ResponseLimits) =>
  z.looseObject({
    model: z.string().max(256).regex(MODEL_NAME, "a model name has 1 to 256 printable ASCII characters"),
    input: z.union([z.string(), z.array(itemSchema).max(limits.itemsMax)]).nullish(),
    instructions: z.string().nullish(),
    previous_response_id: label,
    tools: z.array(tool).max(limits.toolsMax).nullish(),
    tool_choice: toolChoice.nullish(),
    parallel_tool_calls: flag,
    text: z.looseObject({ format: format.nullish(), verbosity: z.string().max(32).nullish() }).nullish(),
    reasoning: z
      .looseObject({
        effort: z.string().max(32).nullish(),
        summary: z.string().max(32).nullish(),
        generate_summary: z.string().max(32).nullish(),
      })
      .nullish(),
    max_output_tokens: z.int().min(1).nullish(),
    max_tool_calls: z.int().min(1).nullish(),
    temperature: number,
    top_p: number,
    top_logprobs: z.int().min(0).max(64).nullish(),
    truncation: z.enum(["auto", "disabled"]).nullish(),
    include: z.array(z.enum(INCLUDES)).max(INCLUDES.length).nullish(),
    metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
    user: label,
    safety_identifier: label,
    prompt_cache_key: label,
    prompt_cache_retention: z.string().max(32).nullish(),
    service_tier: z.string().max(64).nullish(),
    store: flag,
    background: flag,
    stream: flag,
    stream_options: z.looseObject({ include_obfuscation: flag }).nullish(),
  });

export type ResponseRequestBody = z.output<ReturnType<typeof responseSchema>>;
export type ItemBody = z.output<typeof itemSchema>;
export type PartBody = z.output<typeof part>;
export type ToolBody = z.output<typeof tool>;
export type ToolChoiceBody = z.output<typeof toolChoice>;
export type FormatBody = z.output<typeof format>;

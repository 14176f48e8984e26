import { z } from "zod";

/** Bounds of a chat request that configuration sets. */
export interface ChatLimits {
  readonly choicesMax: number;
  readonly messagesMax: number;
  readonly toolsMax: number;
  /** Of content parts and tool calls, over all messages. */
  readonly partsMax: number;
}

/** A model's name: 1 to 256 printable ASCII characters, none of them a space at either end. */
export const MODEL_NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;
/** Longest label, in characters. */
export const LABEL_MAX = 1_024;

const number = z.number().nullish();
const flag = z.boolean().nullish();
const label = z.string().max(LABEL_MAX).nullish();
const looseJson = z.record(z.string(), z.unknown());

const cacheControl = z.looseObject({
  type: z.string().max(64),
  ttl: z.union([z.string().max(16), z.int().min(0)]).nullish(),
});

const part = z.looseObject({
  type: z.string().min(1).max(64),
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  image_url: z.looseObject({ url: z.string().min(1), detail: label }).nullish(),
  input_audio: z.looseObject({ data: z.string(), format: z.string().max(32) }).nullish(),
  file: z.looseObject({ file_data: z.string().nullish(), file_id: label, filename: label }).nullish(),
  cache_control: cacheControl.nullish(),
});

const toolCall = z.looseObject({
  id: z.string().max(LABEL_MAX),
  type: z.string().max(64).nullish(),
  function: z.looseObject({ name: z.string().max(256), arguments: z.string() }).nullish(),
  custom: z.looseObject({ name: z.string().max(256), input: z.string() }).nullish(),
  extra_content: looseJson.nullish(),
});

const reasoningDetail = z.looseObject({
  type: z.string().max(64),
  text: z.string().nullish(),
  summary: z.string().nullish(),
  signature: z.string().nullish(),
  data: z.string().nullish(),
  id: label,
  provider: label,
});

/** One message of a chat request. */
export const messageSchema = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(part)]).nullish(),
  name: z.string().max(256).nullish(),
  tool_call_id: label,
  tool_calls: z.array(toolCall).max(1_024).nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning_details: z.array(reasoningDetail).nullish(),
  audio: z.looseObject({ id: z.string().max(LABEL_MAX) }).nullish(),
});

const tool = z.looseObject({
  type: z.string().min(1).max(64),
  function: z
    .looseObject({
      name: z.string().min(1).max(256),
      description: z.string().nullish(),
      parameters: looseJson.nullish(),
      strict: flag,
    })
    .nullish(),
  cache_control: cacheControl.nullish(),
});

const toolChoice = z.union([z.enum(["none", "auto", "required"]), z.looseObject({ type: z.string().max(64) })]);

const responseFormat = z.looseObject({
  type: z.string().max(64),
  json_schema: z
    .looseObject({
      name: z.string().max(256),
      description: z.string().nullish(),
      schema: looseJson.nullish(),
      strict: flag,
    })
    .nullish(),
});

/** The body of `POST /v1/chat/completions`, as far as Sluice reads it; fields it does not know are kept. */
export const chatSchema = (limits: ChatLimits) =>
  z.looseObject({
    model: z.string().max(256).regex(MODEL_NAME, "a model name has 1 to 256 printable ASCII characters"),
    messages: z.array(messageSchema).min(1).max(limits.messagesMax),
    tools: z.array(tool).max(limits.toolsMax).nullish(),
    tool_choice: toolChoice.nullish(),
    parallel_tool_calls: flag,
    response_format: responseFormat.nullish(),
    temperature: number,
    top_p: number,
    top_k: z.int().min(0).max(2_147_483_647).nullish(),
    min_p: number,
    frequency_penalty: number,
    presence_penalty: number,
    repetition_penalty: number,
    seed: z.int().nullish(),
    logit_bias: z.record(z.string().max(32), z.number()).nullish(),
    max_tokens: z.int().min(1).nullish(),
    max_completion_tokens: z.int().min(1).nullish(),
    stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
    n: z.int().min(1).max(limits.choicesMax).nullish(),
    logprobs: flag,
    top_logprobs: z.int().min(0).max(64).nullish(),
    metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
    user: label,
    service_tier: z.string().max(64).nullish(),
    modalities: z.array(z.string().max(32)).max(8).nullish(),
    audio: looseJson.nullish(),
    prompt_cache_key: label,
    store: flag,
    reasoning_effort: z.string().max(32).nullish(),
    stream: flag,
    stream_options: z.looseObject({ include_usage: flag, include_obfuscation: flag }).nullish(),
  });

export type ChatBody = z.output<ReturnType<typeof chatSchema>>;
export type MessageBody = z.output<typeof messageSchema>;
export type PartBody = z.output<typeof part>;
export type ToolBody = z.output<typeof tool>;
export type ToolChoiceBody = z.output<typeof toolChoice>;
export type ReasoningDetailBody = z.output<typeof reasoningDetail>;
export type ToolCallBody = z.output<typeof toolCall>;
export type ResponseFormatBody = z.output<typeof responseFormat>;
export type CacheControlBody = z.output<typeof cacheControl>;

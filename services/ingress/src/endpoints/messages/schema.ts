import { z } from "zod";

/** Bounds of a request that configuration sets. */
export interface MessagesLimits {
  readonly messagesMax: number;
  readonly toolsMax: number;
  /** Of content blocks, over all messages. */
  readonly partsMax: number;
}

const MODEL_NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;
const LABEL_MAX = 1_024;

const number = z.number().nullish();
const flag = z.boolean().nullish();
const text = z.string().nullish();
const label = z.string().max(LABEL_MAX).nullish();
const looseJson = z.record(z.string(), z.unknown());

const cacheControl = z.looseObject({
  type: z.string().max(64),
  ttl: z.union([z.string().max(16), z.int().min(0)]).nullish(),
});

const source = z.looseObject({
  type: z.string().min(1).max(64),
  media_type: z.string().max(256).nullish(),
  data: text,
  url: text,
  file_id: label,
});

/** A content block of any kind; kinds nobody here knows may call anything by the names the others use. */
export const anyBlockSchema = z.looseObject({ type: z.string().min(1).max(64) });

/** A content block of a kind that is read. */
export const blockSchema = z.looseObject({
  type: z.string(),
  text,
  source: source.nullish(),
  title: label,
  thinking: text,
  signature: text,
  data: text,
  id: label,
  name: z.string().max(256).nullish(),
  tool_use_id: label,
  is_error: flag,
  cache_control: cacheControl.nullish(),
});

const content = z.union([z.string(), z.array(anyBlockSchema)]);

/** One message of a conversation. */
export const messageSchema = z.looseObject({
  role: z.enum(["user", "assistant", "system"]),
  content,
});

const tool = z.looseObject({
  type: z.string().min(1).max(64).nullish(),
  name: z.string().max(256).nullish(),
  description: text,
  input_schema: looseJson.nullish(),
  strict: flag,
  cache_control: cacheControl.nullish(),
});

const format = z.looseObject({ type: z.string().max(64), schema: looseJson.nullish() });

const thinking = z.looseObject({
  type: z.string().max(64),
  budget_tokens: z.int().min(0).nullish(),
  display: z.string().max(32).nullish(),
});

/** The body of `POST /v1/messages`, as far as Sluice reads it; fields it does not know are kept. */
export const messagesSchema = (limits: MessagesLimits) =>
  z.looseObject({
    model: z.string().max(256).regex(MODEL_NAME, "a model name has 1 to 256 printable ASCII characters"),
    messages: z.array(messageSchema).min(1).max(limits.messagesMax),
    max_tokens: z.int().min(1),
    system: content.nullish(),
    tools: z.array(tool).max(limits.toolsMax).nullish(),
    tool_choice: z
      .looseObject({
        type: z.string().min(1).max(64),
        name: z.string().max(256).nullish(),
        disable_parallel_tool_use: flag,
      })
      .nullish(),
    thinking: thinking.nullish(),
    output_config: z.looseObject({ effort: z.string().max(32).nullish(), format: format.nullish() }).nullish(),
    output_format: format.nullish(),
    temperature: number,
    top_p: number,
    top_k: z.int().min(0).max(2_147_483_647).nullish(),
    stop_sequences: z.array(z.string()).max(8_192).nullish(),
    metadata: z.looseObject({ user_id: label }).nullish(),
    service_tier: z.string().max(64).nullish(),
    stream: flag,
  });

export type MessagesBody = z.output<ReturnType<typeof messagesSchema>>;
export type MessageBody = z.output<typeof messageSchema>;
export type AnyBlockBody = z.output<typeof anyBlockSchema>;
export type BlockBody = z.output<typeof blockSchema>;
export type SourceBody = z.output<typeof source>;
export type ToolBody = z.output<typeof tool>;
export type ToolChoiceBody = NonNullable<MessagesBody["tool_choice"]>;
export type FormatBody = z.output<typeof format>;

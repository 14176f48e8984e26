import {
  type ChatRequest,
  Dialect,
  type ReasoningOptions,
  type Sampling,
  type StreamOptions,
} from "@sluice/proto/chat/v1/chat";
import { extrasOf, hasExtras } from "./extras.ts";
import { toMessage } from "./messages.ts";
import { isOrdinary } from "./ordinary.ts";
import { addIssues, Problems } from "./problems.ts";
import { type ChatBody, type ChatLimits, chatSchema, messageSchema } from "./schema.ts";
import { addSizeProblems } from "./sizes.ts";
import { toResponseFormat, toTool, toToolChoice } from "./tools.ts";

const NOTHING: ReadonlySet<string> = new Set();
/** Of a request that is refused anyway, so many messages are looked at more closely. */
const MESSAGES_CHECKED = 100;
const STREAM_FIELDS = new Set(["include_usage", "include_obfuscation"]);

/** Parses the body of one chat request. @throws invalid_request naming the path of each fault */
export type ChatParser = (body: unknown) => ChatRequest;

/** Makes the parser of OpenAI's chat bodies for the configured limits; call it once. */
export function chatParser(limits: ChatLimits): ChatParser {
  const schema = chatSchema(limits);
  const known = new Set(Object.keys(schema.shape));

  return (raw) => {
    const problems = new Problems();
    addSizeProblems(problems, raw, limits);
    problems.throwIfAny();
    const body = isOrdinary(raw, limits) ? raw : readWith(schema, raw, problems);
    const chat = toChatRequest(body, problems);
    problems.throwIfAny();
    const asTheyAre = carriedAsTheyAre(body, chat);
    chat.extraJson = extrasOf(body, asTheyAre.size === 0 ? known : known.difference(asTheyAre));
    return chat;
  };
}

/** @throws invalid_request naming each fault */
function readWith(schema: ReturnType<typeof chatSchema>, raw: unknown, problems: Problems): ChatBody {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    addIssues(problems, raw, parsed.error.issues);
    addMessageProblems(raw, problems);
    problems.throwIfAny();
  }
  return parsed.data as ChatBody;
}

/** Faults that only show when a message is mapped, of those messages whose types are right: the caller sees all at once. */
function addMessageProblems(raw: unknown, problems: Problems): void {
  const { messages } = Object(raw) as { readonly messages?: unknown };
  if (!Array.isArray(messages)) return;
  for (const [index, message] of messages.slice(0, MESSAGES_CHECKED).entries()) {
    const parsed = messageSchema.safeParse(message);
    if (parsed.success) toMessage(parsed.data, index, problems);
  }
}

/** Known fields that hold a form the canonical request cannot say. */
function carriedAsTheyAre(body: ChatBody, chat: ChatRequest): ReadonlySet<string> {
  const unsaidFormat = body.response_format && chat.responseFormat === undefined;
  const unsaidStream = body.stream_options && hasExtras(body.stream_options, STREAM_FIELDS);
  if (!unsaidFormat && !unsaidStream) return NOTHING;
  return new Set([...(unsaidFormat ? ["response_format"] : []), ...(unsaidStream ? ["stream_options"] : [])]);
}

function toChatRequest(body: ChatBody, problems: Problems): ChatRequest {
  const limit = body.max_completion_tokens ?? body.max_tokens;
  return {
    model: body.model,
    messages: body.messages.map((message, index) => toMessage(message, index, problems)),
    tools: body.tools?.map((tool, index) => toTool(tool, index, problems)) ?? [],
    toolChoice: body.tool_choice ? toToolChoice(body.tool_choice) : undefined,
    parallelToolCalls: body.parallel_tool_calls ?? undefined,
    responseFormat: body.response_format ? toResponseFormat(body.response_format, problems) : undefined,
    sampling: toSampling(body),
    maxOutputTokens: limit === undefined || limit === null ? undefined : BigInt(limit),
    legacyMaxTokens:
      (body.max_completion_tokens ?? undefined) === undefined && (body.max_tokens ?? undefined) !== undefined,
    stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    n: body.n ?? undefined,
    logprobs: body.logprobs ?? undefined,
    topLogprobs: body.top_logprobs ?? undefined,
    reasoning: toReasoning(body),
    metadata: body.metadata ?? {},
    userLabel: body.user ?? "",
    serviceTier: body.service_tier ?? "",
    modalities: body.modalities ?? [],
    audioOutputJson: body.audio ? JSON.stringify(body.audio) : "",
    stream: body.stream ?? false,
    streamOptions: toStreamOptions(body),
    promptCacheKey: body.prompt_cache_key ?? "",
    store: body.store ?? undefined,
    dialect: Dialect.DIALECT_OPENAI_CHAT,
    extraJson: "",
  };
}

function toSampling(body: ChatBody): Sampling | undefined {
  const sampling: Sampling = {
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    topK: body.top_k ?? undefined,
    frequencyPenalty: body.frequency_penalty ?? undefined,
    presencePenalty: body.presence_penalty ?? undefined,
    seed: body.seed === undefined || body.seed === null ? undefined : BigInt(body.seed),
    logitBias: body.logit_bias ?? {},
    minP: body.min_p ?? undefined,
    repetitionPenalty: body.repetition_penalty ?? undefined,
  };
  const given =
    sampling.temperature !== undefined ||
    sampling.topP !== undefined ||
    sampling.topK !== undefined ||
    sampling.frequencyPenalty !== undefined ||
    sampling.presencePenalty !== undefined ||
    sampling.seed !== undefined ||
    sampling.minP !== undefined ||
    sampling.repetitionPenalty !== undefined ||
    (body.logit_bias !== undefined && body.logit_bias !== null);
  return given ? sampling : undefined;
}

function toReasoning(body: ChatBody): ReasoningOptions | undefined {
  const effort = body.reasoning_effort ?? undefined;
  if (effort === undefined) return undefined;
  return { effort, maxTokens: undefined, include: undefined, summary: undefined, exactJson: undefined };
}

function toStreamOptions(body: ChatBody): StreamOptions | undefined {
  const options = body.stream_options ?? undefined;
  if (options === undefined) return undefined;
  return { includeUsage: options.include_usage ?? false, includeObfuscation: options.include_obfuscation ?? undefined };
}

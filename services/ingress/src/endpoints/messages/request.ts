import { type ChatRequest, Dialect, type Sampling } from "@sluice/proto/chat/v1/chat";
import { extrasOf, hasExtras } from "../chat-completions/extras.ts";
import { addIssues, Problems } from "../chat-completions/problems.ts";
import { toBetas } from "./betas.ts";
import { addTurn, toConversation } from "./conversation.ts";
import { type MessagesBody, type MessagesLimits, messageSchema, messagesSchema } from "./schema.ts";
import { addSizeProblems } from "./sizes.ts";
import { restOfOutput, toFormat, toReasoning } from "./thinking.ts";
import { toTool, toToolChoice } from "./tools.ts";

/** Of a request that is refused anyway, so many messages are looked at more closely. */
const MESSAGES_CHECKED = 100;
/** Known fields of which something may be left over. */
const SAID_IN_PART = ["output_config", "output_format", "metadata"];
const LABELS = new Set(["user_id"]);

type Names = ReadonlySet<string>;

/** Parses the body of a request for one message; `beta` is the header that names features on trial. @throws invalid_request naming the path of each fault */
export type MessagesParser = (body: unknown, beta?: string | readonly string[]) => ChatRequest;

/** What a request must hold: counting its tokens needs no bound of the answer. */
export type Purpose = "answer" | "count";

/** Makes the parser of Anthropic's requests for the configured limits; call it once. */
export function messagesParser(limits: MessagesLimits, purpose: Purpose = "answer"): MessagesParser {
  const whole = messagesSchema(limits);
  const schema = purpose === "answer" ? whole : whole.extend({ max_tokens: whole.shape.max_tokens.nullish() });
  const said = new Set(Object.keys(whole.shape));
  for (const name of SAID_IN_PART) said.delete(name);

  return (raw, beta) => {
    const problems = new Problems();
    addSizeProblems(problems, raw, limits);
    problems.throwIfAny();
    const parsed = schema.safeParse(raw);
    if (!parsed.success) {
      addIssues(problems, raw, parsed.error.issues);
      addMessageProblems(raw, problems);
      problems.throwIfAny();
    }
    const body = parsed.data as MessagesBody;
    const chat = toChatRequest(body, problems);
    const betas = toBetas(beta, problems);
    problems.throwIfAny();
    chat.extraJson = extraFields(body, chat, betas, said);
    if (purpose === "count") chat.stream = false;
    return chat;
  };
}

/** Faults that only show when a message is mapped, of those messages whose types are right: the caller sees all at once. */
function addMessageProblems(raw: unknown, problems: Problems): void {
  const { messages } = Object(raw) as { readonly messages?: unknown };
  if (!Array.isArray(messages)) return;
  for (const [index, message] of messages.slice(0, MESSAGES_CHECKED).entries()) {
    const parsed = messageSchema.safeParse(message);
    if (parsed.success) addTurn([], parsed.data, `messages[${index}]`, problems);
  }
}

/** What has no place in the canonical request: unknown fields, and of known ones the rest. */
function extraFields(body: MessagesBody, chat: ChatRequest, betas: readonly string[] | undefined, said: Names): string {
  const saidFormat = chat.responseFormat !== undefined && !body.output_config?.format;
  return extrasOf(
    {
      ...body,
      output_config: restOfOutput(body, chat.responseFormat),
      output_format: saidFormat ? undefined : (body.output_format ?? undefined),
      metadata:
        body.metadata && hasExtras(body.metadata, LABELS) ? { ...body.metadata, user_id: undefined } : undefined,
      anthropic_beta: betas,
    },
    said,
  );
}

function toChatRequest(body: MessagesBody, problems: Problems): ChatRequest {
  const { tool_choice: choice } = body;
  const single = choice?.disable_parallel_tool_use ?? undefined;
  return {
    model: body.model,
    messages: toConversation(body, problems),
    tools: body.tools?.map((tool, index) => toTool(tool, index, problems)) ?? [],
    toolChoice: choice ? toToolChoice(choice, problems) : undefined,
    parallelToolCalls: single === undefined ? undefined : !single,
    responseFormat: toFormat(body, problems),
    sampling: toSampling(body),
    maxOutputTokens: typeof body.max_tokens === "number" ? BigInt(body.max_tokens) : undefined,
    legacyMaxTokens: false,
    stop: body.stop_sequences ?? [],
    n: undefined,
    logprobs: undefined,
    topLogprobs: undefined,
    reasoning: toReasoning(body),
    metadata: {},
    userLabel: body.metadata?.user_id ?? "",
    serviceTier: tierOf(body.service_tier),
    modalities: [],
    audioOutputJson: "",
    stream: body.stream ?? false,
    streamOptions: undefined,
    promptCacheKey: "",
    store: undefined,
    dialect: Dialect.DIALECT_ANTHROPIC_MESSAGES,
    extraJson: "",
  };
}

/** The tier in the words all providers are asked with. */
function tierOf(tier: string | null | undefined): string {
  return tier === "standard_only" ? "default" : (tier ?? "");
}

function toSampling(body: MessagesBody): Sampling | undefined {
  const temperature = body.temperature ?? undefined;
  const topP = body.top_p ?? undefined;
  const topK = body.top_k ?? undefined;
  if (temperature === undefined && topP === undefined && topK === undefined) return undefined;
  return {
    temperature,
    topP,
    topK,
    frequencyPenalty: undefined,
    presencePenalty: undefined,
    seed: undefined,
    logitBias: {},
    minP: undefined,
    repetitionPenalty: undefined,
  };
}

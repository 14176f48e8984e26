import {
  type ChatRequest,
  Dialect,
  type Message,
  type ReasoningOptions,
  Role,
  type Sampling,
} from "@sluice/proto/chat/v1/chat";
import { newPart } from "../chat-completions/parts.ts";
import { addIssues, Problems } from "../chat-completions/problems.ts";
import { type PlacedItem, toMessages, typeOf } from "./conversation.ts";
import { extraFields } from "./extra-fields.ts";
import { type ItemBody, type ResponseLimits, type ResponseRequestBody, responseSchema } from "./schema.ts";
import { addSizeProblems } from "./sizes.ts";
import { toResponseFormat, toTool, toToolChoice } from "./tools.ts";
import { addUnbuilt } from "./unbuilt.ts";

const LOGPROBS = "message.output_text.logprobs";

/** What is kept of earlier turns and belongs to the request. */
export interface Recalled {
  /** Items of the responses before this one, oldest first. */
  readonly earlier: readonly ItemBody[];
  /** Items the request names by their ids. */
  readonly referenced: ReadonlyMap<string, ItemBody>;
}

/** Reads requests of one door. */
export interface ResponseParser {
  /** Checks a body. @throws invalid_request naming the path of each fault */
  read(raw: unknown): ResponseRequestBody;
  /** Maps a body that was read, together with what it refers to. @throws invalid_request naming the path of each fault */
  toChat(body: ResponseRequestBody, recalled: Recalled): ChatRequest;
}

/** Makes the parser for the configured limits; call it once. */
export function responseParser(limits: ResponseLimits): ResponseParser {
  const schema = responseSchema(limits);
  return {
    read(raw) {
      const problems = new Problems();
      addSizeProblems(problems, raw, limits);
      problems.throwIfAny();
      const parsed = schema.safeParse(raw);
      if (!parsed.success) addIssues(problems, raw, parsed.error.issues);
      addUnbuilt(problems, raw);
      problems.throwIfAny();
      return parsed.data as ResponseRequestBody;
    },
    toChat(body, recalled) {
      const problems = new Problems();
      const items = [...recalled.earlier.map((item) => ({ item, path: "previous_response_id" })), ...newItems(body)];
      if (items.length > limits.itemsMax) {
        const sum = `${items.length} with those of previous_response_id`;
        problems.add("input", `must have at most ${limits.itemsMax} items; got ${sum}`);
        problems.throwIfAny();
      }
      if (items.length === 0 && !body.instructions) problems.add("input", "is required: a string or a list of items");
      const chat = toChatRequest(body, resolved(items, recalled, problems), problems);
      problems.throwIfAny();
      return chat;
    },
  };
}

/** The items a request brings itself. */
export function inputItems({ input }: ResponseRequestBody): ItemBody[] {
  if (input === undefined || input === null) return [];
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  return input;
}

/** Ids of kept items that a request stands for. */
export function referencedIds(body: ResponseRequestBody): string[] {
  return inputItems(body).flatMap((item) => (typeOf(item) === "item_reference" && item.id ? [item.id] : []));
}

const newItems = (body: ResponseRequestBody): PlacedItem[] =>
  inputItems(body).map((item, index) => ({ item, path: typeof body.input === "string" ? "input" : `input[${index}]` }));

function resolved(items: readonly PlacedItem[], { referenced }: Recalled, problems: Problems): PlacedItem[] {
  return items.map(({ item, path }) => {
    if (typeOf(item) !== "item_reference") return { item, path };
    const kept = referenced.get(item.id ?? "");
    if (kept !== undefined) return { item: kept, path };
    if (!item.id) problems.add(path, "needs a type, a role or the id of an item that is kept");
    else problems.add(`${path}.id`, `names no item that is kept: ${JSON.stringify(item.id.slice(0, 64))}`);
    return { item: { type: "reasoning" }, path };
  });
}

function toChatRequest(body: ResponseRequestBody, items: readonly PlacedItem[], problems: Problems): ChatRequest {
  const format = body.text?.format;
  const wantsLogprobs = body.include?.includes(LOGPROBS) === true || (body.top_logprobs ?? 0) > 0;
  return {
    model: body.model,
    messages: [...instructionsOf(body), ...toMessages(items, problems)],
    tools: body.tools?.map((tool, index) => toTool(tool, index, problems)) ?? [],
    toolChoice: body.tool_choice ? toToolChoice(body.tool_choice, problems) : undefined,
    parallelToolCalls: body.parallel_tool_calls ?? undefined,
    responseFormat: format ? toResponseFormat(format, problems) : undefined,
    sampling: toSampling(body),
    maxOutputTokens: body.max_output_tokens ? BigInt(body.max_output_tokens) : undefined,
    legacyMaxTokens: false,
    stop: [],
    n: undefined,
    logprobs: wantsLogprobs ? true : undefined,
    topLogprobs: body.top_logprobs || undefined,
    reasoning: toReasoning(body),
    metadata: body.metadata ?? {},
    userLabel: body.user ?? "",
    serviceTier: body.service_tier ?? "",
    modalities: [],
    audioOutputJson: "",
    stream: body.stream ?? false,
    streamOptions: undefined,
    promptCacheKey: body.prompt_cache_key ?? "",
    // What is kept is kept here: no provider is asked to keep it too.
    store: undefined,
    dialect: Dialect.DIALECT_OPENAI_RESPONSES,
    extraJson: extraFields(body),
  };
}

/** The instructions of this request alone: those of earlier ones do not live on. */
function instructionsOf({ instructions }: ResponseRequestBody): Message[] {
  if (!instructions) return [];
  const parts = [newPart({ $case: "text", value: instructions })];
  return [{ role: Role.ROLE_SYSTEM, parts, name: "", plainText: true, extraJson: "" }];
}

function toSampling({ temperature, top_p: topP }: ResponseRequestBody): Sampling | undefined {
  if ((temperature ?? undefined) === undefined && (topP ?? undefined) === undefined) return undefined;
  return {
    temperature: temperature ?? undefined,
    topP: topP ?? undefined,
    topK: undefined,
    frequencyPenalty: undefined,
    presencePenalty: undefined,
    seed: undefined,
    logitBias: {},
    minP: undefined,
    repetitionPenalty: undefined,
  };
}

function toReasoning({ reasoning }: ResponseRequestBody): ReasoningOptions | undefined {
  const effort = reasoning?.effort ?? undefined;
  const summary = reasoning?.summary ?? reasoning?.generate_summary ?? undefined;
  if (effort === undefined && summary === undefined) return undefined;
  return { effort, summary, maxTokens: undefined, include: undefined };
}

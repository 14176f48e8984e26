import { type ChatRequest, Dialect } from "@sluice/proto/chat/v1/chat";
import { extrasOf } from "../chat-completions/extras.ts";
import { addIssues, Problems } from "../chat-completions/problems.ts";
import { addContent, toMessages } from "./contents.ts";
import { toFormat, toReasoning, toSampling } from "./generation.ts";
import { inOneSpelling } from "./names.ts";
import { bodySchema, contentSchema, type GeminiBody, type GeminiLimits, type GenerationBody } from "./schema.ts";
import { addSizeProblems } from "./sizes.ts";
import { toToolChoice, toTools } from "./tools.ts";

/** Of a request that is refused anyway, so many contents are looked at more closely. */
const CONTENTS_CHECKED = 100;
const MODEL_NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;
const SAID_OF_BODY = [
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "generationConfig",
  "serviceTier",
  "model",
];
const FORMAT_FIELDS = ["responseMimeType", "responseSchema", "responseJsonSchema"];
const SAID_OF_GENERATION = [
  "temperature",
  "topP",
  "topK",
  "candidateCount",
  "maxOutputTokens",
  "stopSequences",
  "presencePenalty",
  "frequencyPenalty",
  "seed",
  "responseModalities",
  "responseLogprobs",
  "logprobs",
  "thinkingConfig",
];
const BODY_FIELDS = new Set(SAID_OF_BODY);
const WITH_FORMAT = new Set([...SAID_OF_GENERATION, ...FORMAT_FIELDS]);
const WITHOUT_FORMAT = new Set(SAID_OF_GENERATION);
const CALLING = new Set(["functionCallingConfig"]);

/** What a request's address says. */
export interface Addressed {
  readonly model: string;
  readonly stream: boolean;
}

/** Parses the body of one request. @throws invalid_request naming the path of each fault */
export type GeminiParser = (body: unknown, address: Addressed) => ChatRequest;

/** Makes the parser of Gemini's requests for the configured limits; call it once. */
export function geminiParser(limits: GeminiLimits): GeminiParser {
  const schema = bodySchema(limits);

  return (given, address) => {
    const problems = new Problems();
    if (!MODEL_NAME.test(address.model)) problems.add("model", "must be 1 to 256 printable ASCII characters");
    addSizeProblems(problems, given, limits);
    problems.throwIfAny();
    const raw = inOneSpelling(given);
    const parsed = schema.safeParse(raw);
    if (!parsed.success) {
      addIssues(problems, raw, parsed.error.issues);
      addContentProblems(raw, problems);
      problems.throwIfAny();
    }
    const body = parsed.data as GeminiBody;
    const chat = toChatRequest(body, address, problems);
    problems.throwIfAny();
    return chat;
  };
}

/** Faults that only show when a turn is mapped, of those whose types are right: the caller sees all at once. */
function addContentProblems(raw: unknown, problems: Problems): void {
  const { contents } = Object(raw) as { readonly contents?: unknown };
  if (!Array.isArray(contents)) return;
  for (const [index, content] of contents.slice(0, CONTENTS_CHECKED).entries()) {
    const parsed = contentSchema.safeParse(content);
    if (parsed.success) addContent([], parsed.data, `contents[${index}]`, problems);
  }
}

function toChatRequest(body: GeminiBody, { model, stream }: Addressed, problems: Problems): ChatRequest {
  const config: GenerationBody = body.generationConfig ?? {};
  const responseFormat = toFormat(config);
  const limit = config.maxOutputTokens ?? undefined;
  return {
    model,
    messages: toMessages(body, problems),
    tools: toTools(body.tools),
    toolChoice: body.toolConfig ? toToolChoice(body.toolConfig) : undefined,
    parallelToolCalls: undefined,
    responseFormat,
    sampling: toSampling(config),
    maxOutputTokens: limit === undefined ? undefined : BigInt(limit),
    legacyMaxTokens: false,
    stop: config.stopSequences ?? [],
    n: config.candidateCount ?? undefined,
    logprobs: config.responseLogprobs ?? undefined,
    topLogprobs: config.logprobs ?? undefined,
    reasoning: toReasoning(config),
    metadata: {},
    userLabel: "",
    serviceTier: body.serviceTier ?? "",
    modalities: (config.responseModalities ?? []).map((name) => name.toLowerCase()),
    audioOutputJson: "",
    stream,
    streamOptions: undefined,
    promptCacheKey: "",
    store: undefined,
    dialect: Dialect.DIALECT_GEMINI,
    extraJson: restOf(body, config, responseFormat !== undefined),
  };
}

/** What has no place in the canonical request: unknown fields, and of known ones the rest. */
function restOf(body: GeminiBody, config: GenerationBody, saidFormat: boolean): string {
  const plain = config.responseMimeType === "text/plain" && !config.responseSchema && !config.responseJsonSchema;
  const settings = extrasOf(config, saidFormat || plain ? WITH_FORMAT : WITHOUT_FORMAT);
  const calling = body.toolConfig ? extrasOf(body.toolConfig, CALLING) : "";
  const beside = extrasOf(body, BODY_FIELDS);
  const fields = [
    ...(beside === "" ? [] : [beside.slice(1, -1)]),
    ...(settings === "" ? [] : [`"generationConfig":${settings}`]),
    ...(calling === "" ? [] : [`"toolConfig":${calling}`]),
  ];
  return fields.length === 0 ? "" : `{${fields.join(",")}}`;
}

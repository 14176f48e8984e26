import type { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { z } from "zod";
import { addIssues, Problems } from "../chat-completions/problems.ts";
import { chatParser } from "../chat-completions/request.ts";
import type { ChatLimits } from "../chat-completions/schema.ts";

/** What this dialect bounds an answer to if its caller says nothing. */
const DEFAULT_MAX_TOKENS = 16;
const TOP_LOGPROBS_MAX = 5;

/** A request of the older dialect: for each prompt one chat of a single user message. */
export interface CompletionRequest {
  readonly prompts: readonly string[];
  /** Choices for each prompt. */
  readonly choices: number;
  /** True if each text is to begin with its prompt. */
  readonly echo: boolean;
  readonly includeUsage: boolean;
  readonly chats: readonly ChatRequest[];
}

const legacy = z.looseObject({
  prompt: z.union([z.string(), z.array(z.string())]),
  suffix: z.string().nullish(),
  echo: z.boolean().nullish(),
  best_of: z.int().min(1).nullish(),
  logprobs: z.int().min(0).max(TOP_LOGPROBS_MAX).nullish(),
});

type LegacyBody = z.output<typeof legacy>;

/** Makes the reader of the older dialect's bodies; call it once. The reader @throws invalid_request naming each fault */
export function completionParser(limits: ChatLimits): (raw: unknown) => CompletionRequest {
  const toChat = chatParser(limits);
  return (raw) => {
    const problems = new Problems();
    const body = readOwn(raw, limits, problems);
    const { prompt, suffix: _suffix, echo, best_of: _bestOf, logprobs, ...rest } = body;
    const prompts = typeof prompt === "string" ? [prompt] : prompt;
    const common = {
      ...rest,
      max_tokens: rest["max_tokens"] ?? DEFAULT_MAX_TOKENS,
      ...(logprobs !== undefined && logprobs !== null && { logprobs: true, top_logprobs: logprobs }),
    };
    const chats = prompts.map((content) => toChat({ ...common, messages: [{ role: "user", content }] }));
    const choices = chats[0]?.n ?? 1;
    checkChoices(choices * prompts.length, limits, problems);
    problems.throwIfAny();
    const includeUsage = chats[0]?.streamOptions?.includeUsage ?? false;
    return { prompts, choices, echo: echo ?? false, includeUsage, chats };
  };
}

/** Reads the fields that chats do not have. */
function readOwn(raw: unknown, limits: ChatLimits, problems: Problems): LegacyBody {
  addTokenProblem(raw, limits, problems);
  problems.throwIfAny();
  const parsed = legacy.safeParse(raw);
  if (!parsed.success) addIssues(problems, raw, parsed.error.issues);
  problems.throwIfAny();
  const body = parsed.data as LegacyBody;
  if (body.suffix)
    problems.add("suffix", "is not offered: the models here are asked as chats, which have no end to fill towards");
  if (Array.isArray(body.prompt) && body.prompt.length === 0)
    problems.add("prompt", "must have at least 1 entries; got 0");
  const { n } = body;
  if (body.best_of && body.best_of !== (typeof n === "number" ? n : 1)) {
    problems.add("best_of", "must be left out or equal n: no provider ranks the answers of a chat");
  }
  if (body.echo && typeof body.logprobs === "number") {
    problems.add("echo", "cannot be combined with logprobs: the tokens of a chat's prompt have no probabilities");
  }
  problems.throwIfAny();
  return body;
}

function addTokenProblem(raw: unknown, { choicesMax }: ChatLimits, problems: Problems): void {
  const { prompt } = Object(raw) as { readonly prompt?: unknown };
  if (prompt === undefined || prompt === null) problems.add("prompt", "is required: a string or a list of strings");
  if (!Array.isArray(prompt)) return;
  const [first] = prompt;
  if (typeof first === "number" || Array.isArray(first)) {
    problems.add("prompt", "must be text: token ids mean something to one model only, and another may answer here");
  } else checkChoices(prompt.length, { choicesMax }, problems);
}

function checkChoices(count: number, { choicesMax }: Pick<ChatLimits, "choicesMax">, problems: Problems): void {
  if (count <= choicesMax) return;
  problems.add("prompt", `must lead to at most ${choicesMax} choices (prompts times n); got ${count}`);
}

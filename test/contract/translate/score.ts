import { isDeepStrictEqual } from "node:util";
import { expectChat } from "./oracle-chat.ts";
import { expectCohere, expectCohereFirst } from "./oracle-cohere.ts";
import { expectConverse } from "./oracle-converse.ts";
import { expectDashscope } from "./oracle-dashscope.ts";
import { codesOf } from "./oracle-errors.ts";
import { expectGemini } from "./oracle-gemini.ts";
import { expectMessages } from "./oracle-messages.ts";
import { expectOllama } from "./oracle-ollama.ts";
import { expectResponses } from "./oracle-responses.ts";
import { type Choice, type Exchange, type Expected, list, number, object, parsed, text } from "./types.ts";

const ORACLES: Readonly<Record<string, (exchange: Exchange) => Expected>> = {
  chat: expectChat,
  completions: expectChat,
  messages: expectMessages,
  responses: expectResponses,
  generate_content: expectGemini,
  converse: expectConverse,
  chat_v2: expectCohere,
  chat_v1: expectCohereFirst,
  ollama_chat: expectOllama,
  dashscope: expectDashscope,
};

/** One line of output. */
export interface Line {
  readonly outcome: string;
  readonly openai: unknown;
  readonly chunks: readonly unknown[] | null;
  readonly usage: unknown;
  readonly error: { readonly code: string; readonly retryable: boolean } | null;
}

/** The wires whose recordings are scored. */
export const SCORED_APIS: readonly string[] = Object.keys(ORACLES);

/** What the recording says. */
export function expectedOf(exchange: Exchange): Expected {
  if (exchange.response.status >= 400)
    return { outcome: "error", codes: codesOf(exchange), choices: [], usage: undefined };
  const oracle = ORACLES[exchange.api];
  if (oracle === undefined) throw new Error(`No oracle for ${exchange.api}`);
  return oracle(exchange);
}

/** What is wrong with a line, one sentence each; empty if it is right. */
export function missesOf(exchange: Exchange, line: Line): string[] {
  const expected = expectedOf(exchange);
  const misses: string[] = [];
  const compare = (what: string, found: unknown, wanted: unknown) => {
    if (!isDeepStrictEqual(found, wanted)) misses.push(`${what}: ${show(found)} instead of ${show(wanted)}`);
  };
  compare("outcome", line.outcome, expected.outcome);
  if (expected.codes !== undefined) {
    const code = line.error?.code ?? "none";
    const right = expected.codes.length === 0 ? code.startsWith("upstream_") : expected.codes.includes(code);
    if (!right) misses.push(`error: ${code} instead of ${expected.codes.join(" or ") || "a provider's error"}`);
    compare("openai", line.openai, null);
    return misses;
  }
  const choices = list(object(line.openai)["choices"]).map((choice) => choiceOf(choice, "message"));
  compareChoices(compare, "", choices, expected.choices);
  if (line.chunks !== null) compareChoices(compare, "streamed ", joined(line.chunks), expected.choices);
  compareUsage(compare, line.usage, expected);
  return misses;
}

type Compare = (what: string, found: unknown, wanted: unknown) => void;

function compareChoices(compare: Compare, prefix: string, found: readonly Choice[], wanted: readonly Choice[]): void {
  for (const field of ["index", "text", "refusal", "calls", "finish"] as const) {
    const of = (choices: readonly Choice[]) => choices.map((choice) => choice[field]);
    compare(`${prefix}${field}`, of(found), of(wanted));
  }
}

function compareUsage(compare: Compare, found: unknown, { usage }: Expected): void {
  if (usage === undefined) {
    compare("usage", found, null);
    return;
  }
  const { prompt_tokens_details: prompt, completion_tokens_details: completion, ...totals } = object(found);
  compare("usage", [totals["prompt_tokens"], totals["completion_tokens"]], [usage.prompt, usage.completion]);
  if (usage.cached) compare("cached tokens", object(prompt)["cached_tokens"], usage.cached);
  if (usage.reasoning) compare("reasoning tokens", object(completion)["reasoning_tokens"], usage.reasoning);
}

function choiceOf(wire: unknown, field: string): Choice {
  const choice = object(wire);
  const message = object(choice[field]);
  const old = message["function_call"] === undefined ? [] : [{ function: message["function_call"] }];
  const calls = [...list(message["tool_calls"]), ...old].map((call) => object(object(call)["function"]));
  return {
    index: number(choice["index"]) ?? 0,
    text: text(message["content"]),
    refusal: text(message["refusal"]),
    calls: calls.map((call) => ({ name: text(call["name"]), arguments: parsed(text(call["arguments"])) })),
    finish: text(choice["finish_reason"]),
  };
}

/** Joins chunks as a client does. */
function joined(chunks: readonly unknown[]): Choice[] {
  const sse = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}`).join("\n\n");
  return [...expectChat({ name: "", provider: "", api: "chat", response: { status: 200, sse } }).choices];
}

function show(value: unknown): string {
  const printed = JSON.stringify(value) ?? "nothing";
  return printed.length > 160 ? `${printed.slice(0, 160)}…` : printed;
}

import assert from "node:assert/strict";
import OpenAI from "openai";
import type { System } from "../../../harness/system.ts";
import type { Asked } from "./faults.ts";

export const QUESTION = [{ role: "user" as const, content: "What is the weather in Paris?" }];

/** What a client saw of one request. */
export interface Seen {
  readonly requestId: string;
  readonly attempts: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  /** What the answer says, whichever way it came; identifiers of calls left out, which differ each time. */
  readonly answer: unknown;
  /** Raised by the SDK. */
  readonly error: InstanceType<typeof OpenAI.APIError> | undefined;
  /** Everything that came, as text. */
  readonly text: string;
}

type Answer = OpenAI.ChatCompletionMessage;

export function clientOf(system: System): OpenAI {
  return new OpenAI({ baseURL: `${system.url}/v1`, apiKey: system.apiKey, maxRetries: 0, timeout: 60_000 });
}

/** Asks as an application does, with the official SDK. */
export async function ask(system: System, model: string, options: { stream: boolean; asked?: Asked }): Promise<Seen> {
  const body = { model, messages: QUESTION, ...options.asked };
  return options.stream ? await streamed(system, body) : await plain(system, body);
}

async function plain(system: System, body: OpenAI.ChatCompletionCreateParamsNonStreaming): Promise<Seen> {
  try {
    const { data, response } = await clientOf(system).chat.completions.create(body).withResponse();
    const [choice] = data.choices;
    assert.equal(data.choices.length, 1);
    return {
      ...heads(response.headers),
      answer: said(choice?.message, choice?.finish_reason),
      error: undefined,
      text: JSON.stringify(data),
    };
  } catch (error) {
    return failed(error, {});
  }
}

async function streamed(system: System, body: OpenAI.ChatCompletionCreateParamsNonStreaming): Promise<Seen> {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  let head: Partial<Seen> = {};
  try {
    const { data, response } = await clientOf(system)
      .chat.completions.create({ ...body, stream: true })
      .withResponse();
    head = heads(response.headers);
    for await (const chunk of data) chunks.push(chunk);
  } catch (error) {
    return { ...failed(error, head), answer: joined(chunks), text: JSON.stringify(chunks) };
  }
  return { ...heads(new Headers()), ...head, answer: joined(chunks), error: undefined, text: JSON.stringify(chunks) };
}

function heads(headers: Headers): Omit<Seen, "answer" | "error" | "text"> {
  const header = (name: string) => headers.get(`x-sluice-${name}`);
  const requestId = header("request-id") ?? "";
  return { requestId, attempts: header("attempts"), provider: header("provider"), model: header("model") };
}

function failed(error: unknown, head: Partial<Seen>): Seen {
  assert.ok(error instanceof OpenAI.APIError, String(error));
  const given = heads(error.headers instanceof Headers ? error.headers : new Headers());
  return { ...given, ...head, answer: undefined, error, text: "" };
}

/** Puts the pieces of a stream together and checks that they are those of one answer. */
function joined(chunks: readonly OpenAI.ChatCompletionChunk[]): unknown {
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const roles = choices.filter(({ delta }) => delta.role !== undefined);
  const finishes = choices.flatMap(({ finish_reason: reason }) => (reason === null ? [] : [reason]));
  assert.ok(roles.length <= 1 && finishes.length <= 1, "one beginning, one end");
  assert.equal(new Set(chunks.map(({ id }) => id)).size <= 1, true, "one answer");
  const content = choices.map(({ delta }) => delta.content ?? "").join("");
  const calls: { function: { name: string; arguments: string } }[] = [];
  for (const call of choices.flatMap(({ delta }) => delta.tool_calls ?? [])) {
    const known = calls[call.index] ?? { function: { name: "", arguments: "" } };
    calls[call.index] = known;
    known.function.name += call.function?.name ?? "";
    known.function.arguments += call.function?.arguments ?? "";
  }
  return said({ content: content === "" ? null : content, tool_calls: calls }, finishes[0]);
}

function said(
  message: { content: string | null; tool_calls?: readonly unknown[] | undefined } | Answer | undefined,
  finish: string | undefined,
): unknown {
  const calls = (message?.tool_calls ?? []) as readonly { function: { name: string; arguments: string } }[];
  return {
    content: message?.content ?? null,
    calls: calls.map((call) => [call.function.name, call.function.arguments]),
    finish: finish ?? null,
  };
}

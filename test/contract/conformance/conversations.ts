import { type ChatRequest, type Part, Role } from "@sluice/proto/chat/v1/chat";
import fc from "fast-check";
import type { Body } from "./requests.ts";

/** One call of a tool and what came back. */
export interface Called {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly result: string;
}

/** One thing that is said. */
export type Turn =
  | { readonly kind: "user"; readonly text: string; readonly image: string | undefined }
  | { readonly kind: "assistant"; readonly text: string }
  | { readonly kind: "calls"; readonly text: string; readonly calls: readonly Called[] };

/** A conversation as it is meant, in no dialect. */
export interface Conversation {
  readonly system: string;
  readonly turns: readonly Turn[];
}

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).map((text) => `«${text.trim()}»`);
const toolName = fc.constantFrom("look_up", "add", "send_mail");
const args = fc.dictionary(fc.constantFrom("a", "b", "city"), fc.oneof(fc.integer(), fc.boolean(), word), {
  maxKeys: 3,
});
const called = fc.record({ name: toolName, args, result: word });
const image = fc.uint8Array({ minLength: 8, maxLength: 24 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const user = fc.record({ kind: fc.constant("user" as const), text: word, image: fc.option(image, { nil: undefined }) });
const answer: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({ kind: fc.constant("assistant" as const), text: word }),
  fc.record({
    ...{ kind: fc.constant("calls" as const), text: fc.oneof(fc.constant(""), word) },
    calls: fc.array(called, { minLength: 1, maxLength: 3 }),
  }),
);

/** Conversations that begin and end with the user, with parallel calls whose results follow at once. */
export const conversation: fc.Arbitrary<Conversation> = fc
  .record({
    system: fc.oneof(fc.constant(""), word),
    rounds: fc.array(fc.tuple(user, answer), { maxLength: 5 }),
    last: user,
  })
  .map(({ system, rounds, last }) => ({ system, turns: [...rounds.flat(), last] }));

const TOOLS = ["look_up", "add", "send_mail"];
const schema = { type: "object", properties: { a: { type: "string" } } };
const ids = (turn: number, call: number): string => `call_${turn}_${call}`;

/** The conversation in each dialect, as its own clients would write it. */
export const WRITERS: Readonly<Record<"chat" | "responses" | "messages" | "gemini", (talk: Conversation) => Body>> = {
  chat: (talk) => ({
    messages: [
      ...(talk.system === "" ? [] : [{ role: "system", content: talk.system }]),
      ...talk.turns.flatMap(chatTurn),
    ],
    tools: TOOLS.map((name) => ({ type: "function", function: { name, parameters: schema } })),
  }),
  responses: (talk) => ({
    ...(talk.system !== "" && { instructions: talk.system }),
    input: talk.turns.flatMap(responseTurn),
    tools: TOOLS.map((name) => ({ type: "function", name, parameters: schema, strict: false })),
  }),
  messages: (talk) => ({
    max_tokens: 100,
    ...(talk.system !== "" && { system: talk.system }),
    messages: talk.turns.flatMap(messageTurn),
    tools: TOOLS.map((name) => ({ name, input_schema: schema })),
  }),
  gemini: (talk) => ({
    ...(talk.system !== "" && { systemInstruction: { parts: [{ text: talk.system }] } }),
    contents: talk.turns.flatMap(geminiTurn),
    tools: [{ functionDeclarations: TOOLS.map((name) => ({ name, parametersJsonSchema: schema })) }],
  }),
};

const dataUrl = (data: string): string => `data:image/png;base64,${data}`;

function chatTurn(turn: Turn, at: number): object[] {
  if (turn.kind === "assistant") return [{ role: "assistant", content: turn.text }];
  if (turn.kind === "user") {
    if (turn.image === undefined) return [{ role: "user", content: turn.text }];
    const shown = { type: "image_url", image_url: { url: dataUrl(turn.image) } };
    return [{ role: "user", content: [{ type: "text", text: turn.text }, shown] }];
  }
  const calls = turn.calls.map(({ name, args: given }, index) => ({
    ...{ id: ids(at, index), type: "function", function: { name, arguments: JSON.stringify(given) } },
  }));
  const results = turn.calls.map(({ result }, index) => ({
    role: "tool",
    tool_call_id: ids(at, index),
    content: result,
  }));
  return [{ role: "assistant", content: turn.text === "" ? null : turn.text, tool_calls: calls }, ...results];
}

function responseTurn(turn: Turn, at: number): object[] {
  const said = (text: string) => ({
    type: "message",
    role: "assistant",
    content: [{ type: "output_text", text, annotations: [] }],
  });
  if (turn.kind === "assistant") return [said(turn.text)];
  if (turn.kind === "user") {
    const shown =
      turn.image === undefined ? [] : [{ type: "input_image", detail: "auto", image_url: dataUrl(turn.image) }];
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: turn.text }, ...shown] }];
  }
  return [
    ...(turn.text === "" ? [] : [said(turn.text)]),
    ...turn.calls.map(({ name, args: given }, index) => ({
      ...{ type: "function_call", call_id: ids(at, index), name, arguments: JSON.stringify(given) },
    })),
    ...turn.calls.map(({ result }, index) => ({
      type: "function_call_output",
      call_id: ids(at, index),
      output: result,
    })),
  ];
}

function messageTurn(turn: Turn, at: number): object[] {
  if (turn.kind === "assistant") return [{ role: "assistant", content: turn.text }];
  if (turn.kind === "user") {
    const source = { type: "base64", media_type: "image/png", data: turn.image };
    const shown = turn.image === undefined ? [] : [{ type: "image", source }];
    return [{ role: "user", content: [{ type: "text", text: turn.text }, ...shown] }];
  }
  const text = turn.text === "" ? [] : [{ type: "text", text: turn.text }];
  const calls = turn.calls.map(({ name, args: input }, index) => ({
    type: "tool_use",
    id: ids(at, index),
    name,
    input,
  }));
  const results = turn.calls.map(({ result }, index) => ({
    type: "tool_result",
    tool_use_id: ids(at, index),
    content: result,
  }));
  return [
    { role: "assistant", content: [...text, ...calls] },
    { role: "user", content: results },
  ];
}

function geminiTurn(turn: Turn, at: number): object[] {
  if (turn.kind === "assistant") return [{ role: "model", parts: [{ text: turn.text }] }];
  if (turn.kind === "user") {
    const shown = turn.image === undefined ? [] : [{ inlineData: { mimeType: "image/png", data: turn.image } }];
    return [{ role: "user", parts: [{ text: turn.text }, ...shown] }];
  }
  const text = turn.text === "" ? [] : [{ text: turn.text }];
  const calls = turn.calls.map(({ name, args: given }, index) => ({
    functionCall: { id: ids(at, index), name, args: given },
  }));
  const results = turn.calls.map(({ name, result }, index) => ({
    functionResponse: { id: ids(at, index), name, response: { output: result } },
  }));
  return [
    { role: "model", parts: [...text, ...calls] },
    { role: "user", parts: results },
  ];
}

/** What a conversation means, whoever carries it: who says what, in order, and which result answers which call. */
export function meaningOf(talk: Conversation): string[] {
  const meaning = talk.system === "" ? [] : [`system: ${talk.system}`];
  for (const turn of talk.turns) {
    if (turn.text !== "") meaning.push(`${turn.kind === "user" ? "user" : "assistant"}: ${turn.text}`);
    if (turn.kind === "user" && turn.image !== undefined) meaning.push(`image: ${turn.image}`);
    if (turn.kind !== "calls") continue;
    for (const { name, args: given } of turn.calls) meaning.push(`call ${name} ${sorted(given)}`);
    for (const { name, args: given, result } of turn.calls)
      meaning.push(`result of ${name} ${sorted(given)}: ${result}`);
  }
  return meaning;
}

/** The same of a request in canonical form. */
export function meaningOfChat(chat: ChatRequest): string[] {
  const meaning: string[] = [];
  const calls = new Map<string, string>();
  for (const { role, parts } of chat.messages) {
    for (const part of parts) meaning.push(...meaningOfPart(part, wordOf(role), calls));
  }
  return meaning;
}

function wordOf(role: Role): string {
  if (role === Role.ROLE_SYSTEM || role === Role.ROLE_DEVELOPER) return "system";
  return role === Role.ROLE_ASSISTANT ? "assistant" : "user";
}

function meaningOfPart({ kind }: Part, speaker: string, calls: Map<string, string>): string[] {
  switch (kind?.$case) {
    case "text":
      return kind.value === "" ? [] : [`${speaker}: ${kind.value}`];
    case "image": {
      const source = kind.value.media?.source;
      return [`image: ${source?.$case === "data" ? Buffer.from(source.value).toString("base64") : source?.$case}`];
    }
    case "toolCall": {
      const { id, name, argumentsJson } = kind.value;
      const call = `${name} ${sorted(JSON.parse(argumentsJson || "{}") as Record<string, unknown>)}`;
      calls.set(id, call);
      return [`call ${call}`];
    }
    case "toolResult": {
      const { toolCallId, parts } = kind.value;
      const text = parts.map((part) => (part.kind?.$case === "text" ? part.kind.value : "?")).join("");
      return [`result of ${calls.get(toolCallId) ?? "no call"}: ${unwrapped(text)}`];
    }
    default:
      return [`${speaker} ${kind?.$case}`];
  }
}

/** A wire whose results are objects carries a text as one field of it. */
function unwrapped(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const { output, result } = Object(value) as { readonly output?: unknown; readonly result?: unknown };
    const inner = output ?? result;
    return typeof inner === "string" ? inner : text;
  } catch {
    return text;
  }
}

const sorted = (value: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));

import {
  bodiesOf,
  type Choice,
  type Exchange,
  type Expected,
  type Json,
  list,
  number,
  object,
  outcomeOf,
  type Tokens,
  text,
} from "./types.ts";

const FILTERS = /^(SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|IMAGE_\w+|MODEL_ARMOR|3|4|6|7|8)$/;
const WORDS: Readonly<Record<string, string>> = { STOP: "stop", "1": "stop", MAX_TOKENS: "length", "2": "length" };

interface Growing {
  text: string;
  finish: string;
  readonly calls: { name: string; arguments: unknown }[];
}

/** What a recording of Google's generateContent says. */
export function expectGemini(exchange: Exchange): Expected {
  const bodies = bodiesOf(exchange);
  const growing = new Map<number, Growing>();
  for (const body of bodies) {
    for (const [position, candidate] of list(body["candidates"]).map(object).entries()) {
      const index = number(candidate["index"]) ?? position;
      const one = growing.get(index) ?? { text: "", finish: "", calls: [] };
      growing.set(index, one);
      grow(one, candidate);
    }
  }
  const blocked = bodies.some((body) => body["promptFeedback"] !== undefined);
  if (growing.size === 0 && blocked) growing.set(0, { text: "", finish: "SAFETY", calls: [] });
  const choices = [...growing].map(([index, { finish, ...rest }]): Choice => {
    // A plain answer without a reason is whole all the same, if there is anything in it.
    const something = rest.text !== "" || rest.calls.length > 0;
    if (finish === "" && something && exchange.response.sse === undefined)
      return { index, ...rest, refusal: "", finish: "stop" };
    const word = FILTERS.test(finish) ? "content_filter" : (WORDS[finish] ?? finish);
    return { index, ...rest, refusal: "", finish: word === "stop" && rest.calls.length > 0 ? "tool_calls" : word };
  });
  const failed =
    bodies.some((body) => body["error"] !== undefined) ||
    choices.length === 0 ||
    choices.some(({ finish }) => finish === "");
  return {
    outcome: failed ? "error" : outcomeOf(choices, false),
    codes: failed ? [] : undefined,
    choices,
    usage: usageOf(bodies),
  };
}

function grow(growing: Growing, candidate: Json): void {
  growing.finish = String(candidate["finishReason"] ?? growing.finish);
  for (const part of list(object(candidate["content"])["parts"]).map(object)) {
    if (part["thought"] !== true) growing.text += text(part["text"]);
    if (part["functionCall"] !== undefined) growCall(growing.calls, object(part["functionCall"]));
  }
}

/** A call comes whole, or its arguments come in pieces that each name their place. */
function growCall(calls: Growing["calls"], call: Json): void {
  if (call["name"] !== undefined) calls.push({ name: text(call["name"]), arguments: call["args"] ?? {} });
  const open = calls.at(-1);
  for (const piece of list(call["partialArgs"]).map(object)) {
    const value = text(piece["stringValue"]);
    const name = text(piece["jsonPath"]).replace(/^\$\./, "");
    if (open === undefined || value === "") continue;
    const known = object(open.arguments);
    open.arguments = { ...known, [name]: text(known[name]) + value };
  }
}

function usageOf(bodies: readonly Json[]): Tokens | undefined {
  const usage = object(bodies.map((body) => body["usageMetadata"]).findLast((said) => said !== undefined));
  const prompt = number(usage["promptTokenCount"]);
  if (prompt === undefined) return undefined;
  const reasoning = number(usage["thoughtsTokenCount"]);
  return {
    prompt: prompt + (number(usage["toolUsePromptTokenCount"]) ?? 0),
    completion: (number(usage["candidatesTokenCount"]) ?? 0) + (reasoning ?? 0),
    cached: number(usage["cachedContentTokenCount"]),
    reasoning,
  };
}

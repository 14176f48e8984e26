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
  parsed,
  type Tokens,
  text,
} from "./types.ts";

const FINISH: Readonly<Record<string, string>> = { eos: "stop", model_length: "length", sensitive: "content_filter" };

interface Growing {
  text: string;
  refusal: string;
  finish: string;
  other: boolean;
  readonly calls: { readonly index: number | undefined; readonly id: string; name: string; arguments: string }[];
}

/** What a recording of OpenAI's wire, or one that looks like it, says. */
export function expectChat(exchange: Exchange): Expected {
  const bodies = bodiesOf(exchange);
  const choices = new Map<number, Growing>();
  for (const body of bodies) {
    for (const [position, choice] of list(body["choices"]).map(object).entries()) {
      const index = number(choice["index"]) ?? position;
      const growing = choices.get(index) ?? { text: "", refusal: "", finish: "", other: false, calls: [] };
      choices.set(index, growing);
      grow(growing, choice, object(exchange.response.sse === undefined ? choice["message"] : choice["delta"]));
    }
  }
  const done = [...choices].sort(([a], [b]) => a - b).map(([index, growing]) => finished(index, growing));
  const failed =
    bodies.some((body) => body["error"] !== undefined && body["error"] !== null) ||
    /^event: ?error/m.test(exchange.response.sse ?? "");
  return {
    outcome: failed ? "error" : outcomeOf(done, false),
    codes: failed ? [] : undefined,
    choices: done,
    usage: usageOf(bodies),
  };
}

function grow(growing: Growing, choice: Json, piece: Json): void {
  const { content } = piece;
  growing.text +=
    ((choice["delta"] ?? choice["message"]) ? "" : text(choice["text"])) +
    text(content) +
    list(content)
      .map((part) => text(object(part)["text"]))
      .join("");
  growing.refusal += text(piece["refusal"]);
  growing.finish = text(choice["finish_reason"]) || growing.finish;
  for (const call of list(piece["tool_calls"]).map(object)) growCall(growing, call);
  growing.other ||= object(piece["audio"])["data"] !== undefined;
  const old = object(piece["function_call"]);
  if (Object.keys(old).length > 0) growCall(growing, { index: 0, function: old });
}

function growCall({ calls }: Growing, call: Json): void {
  const id = text(call["id"]);
  const index = number(call["index"]);
  const named = object(call["function"]);
  const written =
    typeof named["arguments"] === "object" && named["arguments"] !== null
      ? JSON.stringify(named["arguments"])
      : text(named["arguments"]);
  const known = calls.findLast((one) => one.index === index && (id === "" || one.id === id || one.id === ""));
  if (known === undefined || index === undefined)
    calls.push({ index, id, name: text(named["name"]), arguments: written });
  else {
    known.name ||= text(named["name"]);
    known.arguments += written;
  }
}

const finished = (index: number, { calls, finish, ...rest }: Growing): Choice => ({
  index,
  ...rest,
  finish: FINISH[finish] ?? finish,
  calls: calls.map((call) => ({ name: call.name, arguments: parsed(call.arguments) })),
});

function usageOf(bodies: readonly Json[]): Tokens | undefined {
  const said = bodies
    .map((body) => body["usage"] ?? object(body["x_groq"])["usage"])
    .findLast((usage) => object(usage)["prompt_tokens"] !== undefined);
  const usage = object(said);
  const [prompt, completion] = [number(usage["prompt_tokens"]), number(usage["completion_tokens"])];
  if (prompt === undefined || completion === undefined) return undefined;
  const details = object(usage["prompt_tokens_details"]);
  const reasoning = number(object(usage["completion_tokens_details"])["reasoning_tokens"]);
  const extra = reasoning !== undefined && usage["total_tokens"] === prompt + completion + reasoning ? reasoning : 0;
  const cached =
    number(details["cached_tokens"]) ?? number(usage["prompt_cache_hit_tokens"]) ?? number(usage["cached_tokens"]);
  const audio = number(details["audio_tokens"]) ?? 0;
  // One provider counts sound beside its prompt tokens: its own total says so.
  const heard = audio > 0 && usage["total_tokens"] === prompt + audio + completion ? audio : 0;
  // One door counts as cached what stands before the prompt and is in no total.
  const within = (cached ?? 0) > prompt && usage["total_tokens"] === prompt + completion ? undefined : cached;
  return { prompt: prompt + heard, completion: completion + extra, cached: within, reasoning };
}

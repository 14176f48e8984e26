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

/** What a recording of OpenAI's Responses says. A stream ends with the whole answer, which is what counts. */
export function expectResponses(exchange: Exchange): Expected {
  const bodies = bodiesOf(exchange);
  const last = bodies.findLast(
    (body) =>
      exchange.response.sse === undefined || /^response\.(completed|incomplete|failed)$/.test(text(body["type"])),
  );
  const answer = exchange.response.sse === undefined ? (last ?? {}) : object(last?.["response"]);
  const items = list(answer["output"]).map(object);
  const parts = items.filter((item) => item["type"] === "message").flatMap((item) => list(item["content"]).map(object));
  const calls = items
    .filter((item) => item["type"] === "function_call")
    .map((item) => ({ name: text(item["name"]), arguments: parsed(text(item["arguments"])) }));
  const failed =
    last === undefined ||
    (answer["error"] ?? null) !== null ||
    /^(failed|cancelled|queued|in_progress)$/.test(text(answer["status"])) ||
    bodies.some((body) => body["type"] === "error");
  const choice: Choice = {
    index: 0,
    text: joined(parts, "output_text", "text"),
    refusal: joined(parts, "refusal", "refusal"),
    calls,
    finish: finishOf(answer, calls.length > 0),
  };
  return {
    outcome: failed ? "error" : outcomeOf([choice], false),
    codes: failed ? [] : undefined,
    choices: [choice],
    usage: usageOf(object(answer["usage"])),
  };
}

const joined = (parts: readonly Json[], type: string, field: string): string =>
  parts.map((part) => (part["type"] === type ? text(part[field]) : "")).join("");

function finishOf(answer: Json, calls: boolean): string {
  const reason = text(object(answer["incomplete_details"])["reason"]);
  if (reason === "max_output_tokens") return "length";
  if (reason === "content_filter") return "content_filter";
  return calls ? "tool_calls" : "stop";
}

function usageOf(usage: Json): Tokens | undefined {
  const [prompt, completion] = [number(usage["input_tokens"]), number(usage["output_tokens"])];
  if (prompt === undefined || completion === undefined || completion < 0) return undefined;
  const cached = number(object(usage["input_tokens_details"])["cached_tokens"]);
  return { prompt, completion, cached, reasoning: number(object(usage["output_tokens_details"])["reasoning_tokens"]) };
}

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

const FINISH: Readonly<Record<string, string>> = {
  COMPLETE: "stop",
  STOP_SEQUENCE: "stop",
  MAX_TOKENS: "length",
  TOOL_CALL: "tool_calls",
  ERROR_TOXIC: "content_filter",
};

/** What a recording of Cohere's second chat says. What is billed counts, not what the tokenizer made. */
export function expectCohere(exchange: Exchange): Expected {
  const bodies = bodiesOf(exchange);
  const answer = exchange.response.sse === undefined ? (bodies[0] ?? {}) : joined(bodies);
  const message = object(answer["message"]);
  const reason = text(answer["finish_reason"]);
  const choice: Choice = {
    index: 0,
    text: list(message["content"])
      .map((piece) => text(object(piece)["text"]))
      .join(""),
    refusal: "",
    calls: list(message["tool_calls"])
      .map((call) => object(object(call)["function"]))
      .map((call) => ({ name: text(call["name"]), arguments: parsed(text(call["arguments"])) })),
    finish: FINISH[reason] ?? reason,
  };
  const failed = reason === "" || reason === "ERROR" || reason === "TIMEOUT";
  return {
    outcome: failed ? "error" : outcomeOf([choice], false),
    codes: failed ? [] : undefined,
    choices: [choice],
    usage: usageOf(object(answer["usage"])),
  };
}

/** Puts a stream's events together to the answer they stand for. */
function joined(events: readonly Json[]): Json {
  const calls = new Map<unknown, { name: string; arguments: string }>();
  let said = "";
  let end: Json = {};
  for (const event of events) {
    const delta = object(event["delta"]);
    const message = object(delta["message"]);
    said += text(object(message["content"])["text"]);
    const named = object(object(message["tool_calls"])["function"]);
    const call = calls.get(event["index"]) ?? { name: "", arguments: "" };
    if (/^tool-call-(start|delta)$/.test(text(event["type"]))) calls.set(event["index"], call);
    call.name ||= text(named["name"]);
    call.arguments += text(named["arguments"]);
    if (event["type"] === "message-end") end = delta;
  }
  const message = { content: [{ text: said }], tool_calls: [...calls.values()].map((call) => ({ function: call })) };
  return { ...end, message };
}

function usageOf(usage: Json): Tokens | undefined {
  const units = object(usage["billed_units"]);
  const [input, output] = [number(units["input_tokens"]), number(units["output_tokens"])];
  if (input === undefined || output === undefined) return undefined;
  const thought = number(object(usage["tokens"])["reasoning_tokens"]);
  const reasoning = thought === undefined ? undefined : Math.min(thought, output);
  return { prompt: input, completion: output, cached: undefined, reasoning };
}

/** What a recording of Cohere's first chat says. A stream ends with the whole answer, which is what counts. */
export function expectCohereFirst(exchange: Exchange): Expected {
  const { ndjson, body } = exchange.response;
  const lines = (ndjson ?? "").split("\n").filter((line) => line.trim() !== "");
  const end = object(lines.map((line) => object(JSON.parse(line))).findLast((line) => line["is_finished"] === true));
  const answer =
    ndjson === undefined ? object(body) : { ...object(end["response"]), finish_reason: end["finish_reason"] };
  const reason = text(answer["finish_reason"]);
  const calls = list(answer["tool_calls"]).map(object);
  const choice: Choice = {
    index: 0,
    text: text(answer["text"]),
    refusal: "",
    calls: calls.map((call) => ({ name: text(call["name"]), arguments: call["parameters"] })),
    finish: calls.length > 0 ? "tool_calls" : (FINISH[reason] ?? reason),
  };
  return {
    outcome: outcomeOf([choice], false),
    codes: undefined,
    choices: [choice],
    usage: usageOf(object(answer["meta"])),
  };
}

import {
  type Choice,
  type Exchange,
  type Expected,
  type Json,
  list,
  number,
  object,
  outcomeOf,
  text,
} from "./types.ts";

/** What a recording of Ollama's own chat says: one object, or one a line. */
export function expectOllama(exchange: Exchange): Expected {
  const { ndjson, body } = exchange.response;
  const lines: Json[] =
    ndjson === undefined
      ? [object(body)]
      : ndjson
          .split("\n")
          .filter((line) => line.trim() !== "")
          .map((line) => object(JSON.parse(line)));
  const messages = lines.map((line) => object(line["message"]));
  const calls = messages
    .flatMap((message) => list(message["tool_calls"]))
    .map((call) => object(object(call)["function"]));
  const last = lines.findLast((line) => line["done"] === true) ?? {};
  const reason = text(last["done_reason"]);
  const choice: Choice = {
    index: 0,
    text: messages.map((message) => text(message["content"])).join(""),
    refusal: "",
    calls: calls.map((call) => ({ name: text(call["name"]), arguments: call["arguments"] })),
    finish: reason === "stop" && calls.length > 0 ? "tool_calls" : reason,
  };
  const [prompt, completion] = [number(last["prompt_eval_count"]), number(last["eval_count"])];
  const counted = prompt !== undefined && completion !== undefined;
  return {
    outcome: reason === "" ? "error" : outcomeOf([choice], false),
    codes: reason === "" ? [] : undefined,
    choices: [choice],
    usage: counted ? { prompt, completion, cached: undefined, reasoning: undefined } : undefined,
  };
}

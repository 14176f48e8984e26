import {
  bodiesOf,
  type Choice,
  type Exchange,
  type Expected,
  list,
  number,
  object,
  outcomeOf,
  parsed,
  text,
} from "./types.ts";

const piecesOf = (content: unknown): string =>
  text(content) +
  list(content)
    .map((piece) => text(object(piece)["text"]))
    .join("");

/** What a recording of DashScope's own generation says; the recorded streams bring what is new. */
export function expectDashscope(exchange: Exchange): Expected {
  const bodies = bodiesOf(exchange);
  const outputs = bodies.map((body) => object(body["output"]));
  const firsts = outputs.map((output) => object(list(output["choices"])[0]));
  const messages = firsts.map((choice) => object(choice["message"]));
  const calls = new Map<unknown, { name: string; arguments: string }>();
  for (const call of messages.flatMap((message) => list(message["tool_calls"])).map(object)) {
    const known = calls.get(call["index"]) ?? { name: "", arguments: "" };
    calls.set(call["index"], known);
    known.name ||= text(object(call["function"])["name"]);
    known.arguments += text(object(call["function"])["arguments"]);
  }
  const reasons = [...outputs, ...firsts].map((one) => text(one["finish_reason"]));
  const reason = reasons.findLast((word) => word !== "" && word !== "null") ?? "";
  const choice: Choice = {
    index: 0,
    text: messages.map((message, at) => piecesOf(message["content"]) + text(outputs[at]?.["text"])).join(""),
    refusal: "",
    calls: [...calls.values()].map((call) => ({ name: call.name, arguments: parsed(call.arguments) })),
    finish: reason === "stop" && calls.size > 0 ? "tool_calls" : reason,
  };
  const usage = object(bodies.at(-1)?.["usage"]);
  const [prompt, completion] = [number(usage["input_tokens"]), number(usage["output_tokens"])];
  const counted = prompt !== undefined && completion !== undefined;
  const reasoning = number(object(usage["output_tokens_details"])["reasoning_tokens"]);
  return {
    outcome: reason === "" ? "error" : outcomeOf([choice], false),
    codes: reason === "" ? [] : undefined,
    choices: [choice],
    usage: counted ? { prompt, completion, cached: undefined, reasoning } : undefined,
  };
}

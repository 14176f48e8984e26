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
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

/** What a recording of Anthropic's Messages says. */
export function expectMessages(exchange: Exchange): Expected {
  const all = bodiesOf(exchange);
  // Some recordings hold several answers one after the other: the first one's end is the answer's end.
  const end = all.findIndex((body) => body["type"] === "message_stop");
  const bodies = end === -1 ? all : all.slice(0, end);
  const failed = bodies.some((body) => body["type"] === "error");
  const message = exchange.response.sse === undefined ? (bodies[0] ?? {}) : joined(bodies);
  const blocks = list(message["content"]).map(object);
  const reason = text(message["stop_reason"]);
  const choice: Choice = {
    index: 0,
    text: blocks.map((block) => (block["type"] === "text" ? text(block["text"]) : "")).join(""),
    refusal: "",
    calls: blocks
      .filter((block) => block["type"] === "tool_use")
      .map((block) => ({ name: text(block["name"]), arguments: block["input"] })),
    finish: FINISH[reason] ?? reason,
  };
  return {
    outcome: failed ? "error" : outcomeOf([choice], reason === "refusal"),
    codes: failed ? [] : undefined,
    choices: [choice],
    usage: usageOf(object(message["usage"])),
  };
}

/** Puts a stream's events together to the message they stand for. */
function joined(events: readonly Json[]): Json {
  const blocks = new Map<unknown, { block: Json; text: string; json: string }>();
  let message: Json = {};
  for (const event of events) {
    const delta = object(event["delta"]);
    const open = blocks.get(event["index"]);
    if (event["type"] === "message_start") message = object(event["message"]);
    else if (event["type"] === "content_block_start") {
      const block = object(event["content_block"]);
      blocks.set(event["index"], { block, text: text(block["text"]), json: "" });
    } else if (event["type"] === "content_block_delta" && open !== undefined) {
      open.text += text(delta["text"]);
      open.json += text(delta["partial_json"]);
    } else if (event["type"] === "message_delta") {
      message = { ...message, ...delta, usage: { ...object(message["usage"]), ...object(event["usage"]) } };
    }
  }
  const content = [...blocks.values()].map(({ block, text, json }) => ({
    ...block,
    text,
    input: json === "" ? (block["input"] ?? {}) : parsed(json),
  }));
  return { ...message, content };
}

function usageOf(usage: Json): Tokens | undefined {
  const [input, output] = [number(usage["input_tokens"]), number(usage["output_tokens"])];
  if (input === undefined || output === undefined) return undefined;
  const cached = number(usage["cache_read_input_tokens"]);
  const written = number(usage["cache_creation_input_tokens"]) ?? 0;
  const reasoning = number(object(usage["output_tokens_details"])["thinking_tokens"]);
  return { prompt: input + (cached ?? 0) + written, completion: output, cached, reasoning };
}

import {
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
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  guardrail_intervened: "content_filter",
  content_filtered: "content_filter",
};

/** What a recording of Bedrock's Converse says; a stream's events are those the recorder decoded. */
export function expectConverse(exchange: Exchange): Expected {
  const { events, body } = exchange.response;
  const answer = events === undefined ? object(body) : joined(events.map(({ payload }) => object(payload)));
  const blocks = list(object(object(answer["output"])["message"])["content"]).map(object);
  const reason = text(answer["stopReason"]);
  const choice: Choice = {
    index: 0,
    text: blocks.map((block) => text(block["text"]) + cited(block)).join(""),
    refusal: "",
    calls: blocks
      // Tools that the provider ran itself are nobody's to call.
      .filter(({ toolUse }) => toolUse !== undefined && object(toolUse)["type"] !== "server_tool_use")
      .map(({ toolUse }) => ({ name: text(object(toolUse)["name"]), arguments: object(toolUse)["input"] })),
    finish: FINISH[reason] ?? reason,
  };
  const failed = reason === "";
  return {
    outcome: failed ? "error" : outcomeOf([choice], false),
    codes: failed ? [] : undefined,
    choices: [choice],
    usage: usageOf(object(answer["usage"])),
  };
}

const cited = (block: Json): string =>
  list(object(block["citationsContent"])["content"])
    .map((piece) => text(object(piece)["text"]))
    .join("");

/** Puts a stream's events together to the answer they stand for. */
function joined(events: readonly Json[]): Json {
  const blocks = new Map<unknown, { text: string; tool: Json | undefined; input: string }>();
  const at = (event: Json) => {
    const known = blocks.get(event["contentBlockIndex"]) ?? { text: "", tool: undefined, input: "" };
    blocks.set(event["contentBlockIndex"], known);
    return known;
  };
  let answer: Json = {};
  for (const event of events) {
    const delta = object(event["delta"]);
    const tool = object(event["start"])["toolUse"];
    if (tool !== undefined) at(event).tool = object(tool);
    if (event["delta"] !== undefined) {
      at(event).text += text(delta["text"]);
      at(event).input += text(object(delta["toolUse"])["input"]);
    }
    if (event["stopReason"] !== undefined || event["usage"] !== undefined) answer = { ...answer, ...event };
  }
  const content = [...blocks.values()].map((block) =>
    block.tool === undefined ? { text: block.text } : { toolUse: { ...block.tool, input: parsed(block.input) } },
  );
  return { ...answer, output: { message: { content } } };
}

function usageOf(usage: Json): Tokens | undefined {
  const [input, output] = [number(usage["inputTokens"]), number(usage["outputTokens"])];
  if (input === undefined || output === undefined) return undefined;
  const cached = number(usage["cacheReadInputTokens"]);
  const written = number(usage["cacheWriteInputTokens"]) ?? 0;
  return { prompt: input + (cached ?? 0) + written, completion: output, cached, reasoning: undefined };
}

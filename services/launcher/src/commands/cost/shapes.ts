import { countIn, isRecord, objectIn, type WireObject, wrong } from "./figures.ts";

/** A usage object in one of the wires that readers of answers understand. */
export interface ShapedUsage {
  /** The wire, as recordings name it. */
  readonly api: string;
  /** An answer of that wire with nothing in it but the usage. */
  readonly body: WireObject;
  /** Calls of the provider's tools that stand outside of what those readers look at. */
  readonly calls: Readonly<Record<string, number>>;
}

/**
 * Puts a usage object into the wire it is from: its fields tell, and the wire the provider speaks where two share their names.
 * @throws invalid_request if it is none that is known
 */
export function shapeOf(usage: WireObject, providerWire: string): ShapedUsage {
  const calls = callsOf(usage);
  const shaped = (api: string, body: WireObject): ShapedUsage => ({ api, body, calls });
  if (has(usage, "promptTokenCount", "candidatesTokenCount", "totalTokenCount")) {
    return shaped("generate_content", generateContent(usage));
  }
  if (has(usage, "billed_units", "tokens")) return shaped("chat", chat(billed(usage)));
  if (has(usage, "inputTokens", "outputTokens")) return shaped("messages", messages(converse(usage)));
  if (has(usage, "prompt_eval_count", "eval_count")) return shaped("chat", chat(evaluated(usage)));
  if (has(usage, "prompt_tokens", "completion_tokens"))
    return shaped("chat", chat(hiddenThoughts(usage, providerWire)));
  if (!has(usage, "input_tokens", "output_tokens")) throw wrong("usage", "has no field that says what was used");
  if (speaksMessages(usage, providerWire)) return shaped("messages", messages(withCompactions(usage)));
  return shaped("responses", responses(usage));
}

function has(usage: WireObject, ...names: readonly string[]): boolean {
  return names.some((name) => usage[name] !== undefined && usage[name] !== null);
}

/** `input_tokens` leaves cached tokens out in one wire and includes them in the other. */
function speaksMessages(usage: WireObject, providerWire: string): boolean {
  if (has(usage, "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation", "server_tool_use"))
    return true;
  return providerWire === "messages" && !has(usage, "input_tokens_details", "total_tokens");
}

function chat(given: WireObject): WireObject {
  const usage = given["completion_tokens"] === undefined ? withoutAnswer(given) : given;
  return {
    object: "chat.completion",
    choices: [{ index: 0, message: { content: "." }, finish_reason: "stop" }],
    usage,
  };
}

/** Where a total says that nothing was answered, the answer's own figure may be left out. */
function withoutAnswer(usage: WireObject): WireObject {
  const prompt = countIn(usage, "prompt_tokens");
  return prompt === undefined || countIn(usage, "total_tokens") !== prompt ? usage : { ...usage, completion_tokens: 0 };
}

function responses(usage: WireObject): WireObject {
  const details = usage["input_tokens_details"] ?? usage["prompt_tokens_details"];
  const given = { ...usage, output_tokens: usage["output_tokens"] ?? null, input_tokens_details: details };
  return { object: "response", status: "completed", output: [], usage: given };
}

function messages(usage: WireObject): WireObject {
  return { type: "message", role: "assistant", content: [], stop_reason: "end_turn", usage };
}

function generateContent(usageMetadata: WireObject): WireObject {
  return { candidates: [{ index: 0, content: { parts: [{ text: "." }] }, finishReason: "STOP" }], usageMetadata };
}

/** The counts that are billed differ from those of the tokenizer. */
function billed(usage: WireObject): WireObject {
  const units = objectIn(usage, "billed_units");
  const counts = has(units, "input_tokens", "output_tokens") ? units : objectIn(usage, "tokens");
  return { prompt_tokens: counts["input_tokens"], completion_tokens: counts["output_tokens"] };
}

function evaluated(usage: WireObject): WireObject {
  return { prompt_tokens: usage["prompt_eval_count"], completion_tokens: usage["eval_count"] };
}

/** Counts are disjoint; what was written to a cache is told by life in a list. */
function converse(usage: WireObject): WireObject {
  const details = usage["cacheDetails"];
  const entries = Array.isArray(details) ? details.filter(isRecord) : [];
  const hour = entries
    .filter(({ ttl }) => ttl === "1h")
    .reduce((sum, entry) => sum + (countIn(entry, "inputTokens") ?? 0), 0);
  return {
    input_tokens: usage["inputTokens"],
    output_tokens: usage["outputTokens"] ?? (usage["totalTokens"] === usage["inputTokens"] ? 0 : undefined),
    cache_read_input_tokens: usage["cacheReadInputTokens"] ?? usage["cacheReadInputTokenCount"],
    cache_creation_input_tokens: usage["cacheWriteInputTokens"] ?? usage["cacheWriteInputTokenCount"],
    cache_creation: hour === 0 ? undefined : { ephemeral_1h_input_tokens: hour },
  };
}

/** Summaries the provider made on its way are billed too, and left out of the totals. */
function withCompactions(usage: WireObject): WireObject {
  const { iterations } = usage;
  const extra = Array.isArray(iterations)
    ? iterations.filter(isRecord).filter(({ type }) => type === "compaction")
    : [];
  if (extra.length === 0) return usage;
  const summed: Record<string, unknown> = { ...usage, cache_creation: { ...objectIn(usage, "cache_creation") } };
  for (const name of ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"]) {
    // What the answer itself does not say stays unsaid.
    if (!name.startsWith("cache_") && countIn(usage, name) === undefined) continue;
    for (const one of extra) summed[name] = (countIn(summed, name) ?? 0) + (countIn(one, name) ?? 0);
  }
  for (const one of extra) {
    const { cache_creation: writes } = summed;
    if (isRecord(writes)) summed["cache_creation"] = addedWrites(writes, objectIn(one, "cache_creation"));
  }
  return summed;
}

function addedWrites(writes: WireObject, more: WireObject): WireObject {
  const names = new Set([...Object.keys(writes), ...Object.keys(more)]);
  return Object.fromEntries(
    [...names].map((name) => [name, (countIn(writes, name) ?? 0) + (countIn(more, name) ?? 0)]),
  );
}

/** Behind its chat door a provider of another wire leaves thoughts out of the completion and has them in the total. */
function hiddenThoughts(usage: WireObject, providerWire: string): WireObject {
  const prompt = countIn(usage, "prompt_tokens");
  const completion = countIn(usage, "completion_tokens");
  const total = countIn(usage, "total_tokens");
  if (providerWire !== "generate_content" || prompt === undefined || completion === undefined) return usage;
  return total === undefined || total <= prompt + completion ? usage : { ...usage, completion_tokens: total - prompt };
}

/** Calls by tool where they are told beside the tokens, as `web_search_calls: 2` or `web_search_requests: 2`. */
function callsOf(usage: WireObject): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const holder of ["server_side_tool_usage_details", "server_tool_use_details", "server_tool_use"]) {
    for (const [name, count] of Object.entries(objectIn(usage, holder))) {
      const tool = /^(.{1,64})_(?:calls|requests)$/.exec(name)?.[1];
      if (tool !== undefined && typeof count === "number" && count > 0) calls[tool] = count;
    }
  }
  return calls;
}

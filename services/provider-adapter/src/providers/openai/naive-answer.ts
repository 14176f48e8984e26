/**
 * What a recorded answer of OpenAI's wire says, put together in the plainest way and without the code under test:
 * a second opinion for the replay of recordings.
 */

type Json = Readonly<Record<string, unknown>>;

/** One choice as read naively. */
export interface NaiveChoice {
  text: string;
  reasoning: string;
  finish: string;
  calls: { id: string; name: string; arguments: string }[];
}

/** Token totals as a bill would count them. */
export interface NaiveUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number;
  /** True if the figures contradict each other. */
  readonly odd?: boolean;
  readonly reasoning: number;
}

export interface NaiveAnswer {
  readonly choices: ReadonlyMap<number, NaiveChoice>;
  readonly usage: NaiveUsage | undefined;
  /** True if an event or the body is an error. */
  readonly failed: boolean;
}

const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
const stringOf = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);

/** The JSON objects of an event stream's data lines. */
export function eventsOf(sse: string): Json[] {
  return sse
    .split(/\r\n|\r|\n/)
    .filter((line) => /^data: ?\{/.test(line))
    .map((line) => objectOf(JSON.parse(line.slice(5))));
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => stringOf(part["text"]))
    .join("");
}

function thinkingOf(piece: Json): string {
  const plain = stringOf(piece["reasoning_content"]) || stringOf(piece["reasoning"]);
  if (plain !== "") return plain;
  const details = listOf(piece["reasoning_details"]);
  if (details.length > 0) return details.map((one) => stringOf(one["text"]) || stringOf(one["summary"])).join("");
  return listOf(piece["content"])
    .flatMap((part) => listOf(part["thinking"]))
    .map((part) => stringOf(part["text"]))
    .join("");
}

function addCalls(choice: NaiveChoice, wire: unknown): void {
  for (const [position, call] of listOf(wire).entries()) {
    const id = stringOf(call["id"]);
    const body = objectOf(call["function"]);
    const given = body["arguments"];
    const written = typeof given === "object" && given !== null ? JSON.stringify(given) : stringOf(given);
    const at = typeof call["index"] === "number" ? call["index"] : position;
    const known = choice.calls[at];
    const another = id !== "" && known !== undefined && known.id !== "" && known.id !== id;
    if (known === undefined || another) {
      choice.calls.push({ id, name: stringOf(body["name"]), arguments: written });
      continue;
    }
    known.id ||= id;
    known.name ||= stringOf(body["name"]);
    known.arguments += written;
  }
}

function usageOf(events: readonly Json[]): NaiveUsage | undefined {
  const found = events
    .flatMap((event) => [event["usage"], objectOf(event["x_groq"])["usage"], listOf(event["choices"])[0]?.["usage"]])
    .filter((usage) => typeof objectOf(usage)["prompt_tokens"] === "number")
    .map(objectOf);
  const last = found.at(-1);
  if (last === undefined) return undefined;
  const read = objectOf(last["prompt_tokens_details"]);
  const cached =
    read["cached_tokens"] ?? last["prompt_cache_hit_tokens"] ?? last["cached_tokens"] ?? last["num_cached_tokens"];
  const reasoning = numberOf(objectOf(last["completion_tokens_details"])["reasoning_tokens"]);
  const completion = numberOf(last["completion_tokens"]);
  const heard = numberOf(read["audio_tokens"]);
  const said = numberOf(last["prompt_tokens"]);
  const prompt = heard > 0 && last["total_tokens"] === said + heard + completion ? said + heard : said;
  const onTop = reasoning > 0 && last["total_tokens"] === prompt + completion + reasoning;
  // One door counts as cached what stands before the prompt and is in no total.
  const odd = numberOf(cached) > prompt && last["total_tokens"] === prompt + completion;
  const counts = { prompt, completion: onTop ? completion + reasoning : completion, reasoning };
  return odd ? { ...counts, cached: 0, odd } : { ...counts, cached: numberOf(cached) };
}

/** Reads a plain answer (one event) or the events of a streamed one. */
export function readNaively(events: readonly Json[]): NaiveAnswer {
  const choices = new Map<number, NaiveChoice>();
  let failed = false;
  for (const event of events) {
    if (event["error"] !== undefined && event["error"] !== null) failed = true;
    for (const [position, wire] of listOf(event["choices"]).entries()) {
      const index = typeof wire["index"] === "number" ? wire["index"] : position;
      const choice = choices.get(index) ?? { text: "", reasoning: "", finish: "", calls: [] };
      choices.set(index, choice);
      // A plain answer may carry an empty delta beside its message, a streamed one the message so far beside its delta.
      const piece = objectOf(
        events.length === 1 ? (wire["message"] ?? wire["delta"]) : (wire["delta"] ?? wire["message"]),
      );
      choice.text += textOf(piece["content"]);
      choice.reasoning += thinkingOf(piece);
      choice.finish = stringOf(wire["finish_reason"]) || choice.finish;
      addCalls(choice, piece["tool_calls"]);
    }
  }
  for (const { calls } of choices.values()) for (const call of calls) call.arguments ||= "{}";
  return { choices, usage: usageOf(events), failed };
}

/** One recorded exchange, as far as the test looks at it. */
export interface Exchange {
  readonly name: string;
  readonly provider: string;
  readonly api: string;
  readonly response: {
    readonly status: number;
    readonly body?: unknown;
    readonly sse?: string;
    readonly ndjson?: string;
    /** Decoded frames of a stream that is not text. */
    readonly events?: readonly { readonly payload: unknown }[];
  };
}

/** What one choice of an answer holds. */
export interface Choice {
  readonly index: number;
  readonly text: string;
  readonly refusal: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  /** OpenAI's word. */
  readonly finish: string;
  /** True if it holds something else, such as sound. */
  readonly other?: boolean;
}

/** True totals; a part that is undefined was not said. */
export interface Tokens {
  readonly prompt: number;
  readonly completion: number;
  readonly cached: number | undefined;
  readonly reasoning: number | undefined;
}

/** What a recording says, read naively and without any code of the gateway. */
export interface Expected {
  readonly outcome: string;
  /** Codes that describe the failure rightly; undefined if there is none. */
  readonly codes: readonly string[] | undefined;
  readonly choices: readonly Choice[];
  readonly usage: Tokens | undefined;
}

/** Any JSON object, for reading wires without their types. */
export type Json = Readonly<Record<string, unknown>>;

export const object = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
export const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Tool arguments as a value, so that spacing does not count. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json === "" ? "{}" : json);
  } catch {
    // What the model wrote need not be JSON: then its text counts.
    return json;
  }
}

/** The bodies of a recording: one of a plain answer, one per event of a stream. What is no JSON stands for an error. */
export function bodiesOf({ response }: Exchange): Json[] {
  if (response.sse !== undefined) return eventsOf(response.sse);
  const bodies = Array.isArray(response.body) ? response.body : [response.body];
  return bodies.map((body) => (typeof body === "string" ? { error: body } : object(body)));
}

function eventsOf(sse: string): Json[] {
  return sse
    .replace(/\r\n?/g, "\n")
    .split("\n\n")
    .map((event) => event.split("\n").filter((line) => line.startsWith("data:")))
    .flatMap((lines) => {
      const data = lines
        .map((line) => line.slice("data:".length).trim())
        .filter((line) => line !== "" && line !== "[DONE]");
      if (data.length === 0) return [];
      const whole = parsed(data.join("\n"));
      // Some recorders leave out the blank lines between events.
      const values = typeof whole === "string" && data.length > 1 ? data.map(parsed) : [whole];
      return values.map((value) => (typeof value === "string" ? { error: value } : object(value)));
    });
}

/** The word for an answer without an error, in the order in which the words count. */
export function outcomeOf(choices: readonly Choice[], declined: boolean): string {
  const [choice] = choices;
  if (choice === undefined) return "empty";
  if (declined || choice.refusal !== "") return "refused";
  if (choice.finish === "content_filter") return "blocked";
  if (choice.finish === "length") return "truncated";
  return choice.text.trim() === "" && choice.calls.length === 0 && choice.other !== true ? "empty" : "ok";
}

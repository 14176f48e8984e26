import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** Recorded exchanges lie beside the checkout, not in it. */
export const RECORDINGS = resolve(import.meta.dirname, "../../../../shared/fixtures");

type WireObject = Readonly<Record<string, unknown>>;

export interface RecordedUsage {
  readonly name: string;
  readonly provider: string;
  readonly api: string;
  readonly model: string;
  readonly streamed: boolean;
  readonly response: {
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body?: unknown;
    readonly sse?: string;
    readonly ndjson?: string;
    readonly events?: readonly { readonly payload?: unknown }[];
  };
  readonly usage: WireObject;
}

const isObject = (value: unknown): value is WireObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fieldOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

/** Every recorded answer that names its model and says what it used, with its usage as it stands on the wire. */
export function recordedUsages(): readonly RecordedUsage[] {
  if (!existsSync(RECORDINGS)) return [];
  return readdirSync(RECORDINGS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(RECORDINGS, name)).map((file) => join(name, file)))
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      const exchange = JSON.parse(readFileSync(join(RECORDINGS, name), "utf8")) as Omit<
        RecordedUsage,
        "name" | "usage"
      >;
      const usage = exchange.response.status < 300 && exchange.model ? usageOf(exchange) : undefined;
      return usage === undefined ? [] : [{ ...exchange, name, usage, streamed: !isObject(exchange.response.body) }];
    });
}

function usageOf({ api, response }: Omit<RecordedUsage, "name" | "usage">): WireObject | undefined {
  if (isObject(response.body)) return usageIn(response.body);
  const found = eventsOf(response)
    .map(usageIn)
    .filter((usage) => usage !== undefined);
  // One wire tells of the input first and restates the rest; elsewhere the last word is the whole one.
  return api === "messages" && found.length > 0 ? Object.assign({}, ...found) : found.at(-1);
}

function usageIn(event: unknown): WireObject | undefined {
  const holders = [event, ...["response", "message", "delta", "metadata"].map((name) => fieldOf(event, name))];
  const named = holders.flatMap((holder) => ["usage", "usageMetadata", "meta"].map((name) => fieldOf(holder, name)));
  const found = named.find((value) => isObject(value) && Object.keys(value).length > 0);
  if (isObject(found)) return found;
  return isObject(event) && "prompt_eval_count" in event ? event : undefined;
}

function eventsOf({ body, sse, ndjson, events }: RecordedUsage["response"]): readonly unknown[] {
  if (Array.isArray(body)) return body;
  if (events !== undefined) return events.map(({ payload }) => payload);
  const lines = sse
    ?.split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5));
  return (lines ?? ndjson?.split("\n") ?? []).flatMap((line) => {
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      // The mark of the end is no JSON.
      return [];
    }
  });
}

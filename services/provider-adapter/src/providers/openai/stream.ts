import type { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { AnswerReader } from "../../provider.ts";
import { chunk, deltaChunks, finishChunk, logprobsChunk, startChunk, ToolCallNumbers } from "./chunks.ts";
import { mapError } from "./errors.ts";
import type { WireOptions } from "./options.ts";
import { unreadable } from "./response.ts";
import { DeltaTemplate } from "./template.ts";
import { mapUsage } from "./usage.ts";
import { isObject, textOf, type WireAnswer } from "./wire.ts";

/** What is known of a stream between two events. Private to `start` and `step`, which alone change it. */
export interface StreamState {
  readonly options: WireOptions;
  readonly template: DeltaTemplate;
  readonly toolCalls: Map<number, ToolCallNumbers>;
  readonly open: Set<number>;
  started: boolean;
  anyFinished: boolean;
  ended: boolean;
  serviceTier: string;
  wireUsage: unknown;
  usage: Usage | undefined;
  error: SluiceError | undefined;
  problems: readonly string[];
}

/** The state before the first event. */
export function start(options: WireOptions): StreamState {
  return {
    options,
    template: new DeltaTemplate(),
    toolCalls: new Map(),
    open: new Set(),
    started: false,
    anyFinished: false,
    ended: false,
    serviceTier: "",
    wireUsage: undefined,
    usage: undefined,
    error: undefined,
    problems: [],
  };
}

function numbersOf(state: StreamState, choice: number): ToolCallNumbers {
  let numbers = state.toolCalls.get(choice);
  if (numbers === undefined) {
    numbers = new ToolCallNumbers();
    state.toolCalls.set(choice, numbers);
  }
  return numbers;
}

function stepChoice(state: StreamState, wire: unknown, into: ChatChunk[]): void {
  if (!isObject(wire)) return;
  const index = typeof wire["index"] === "number" ? wire["index"] : 0;
  const before = into.length;
  const reason = textOf(wire["finish_reason"]);
  // Perplexity repeats the whole message beside the delta: the delta alone counts.
  if (isObject(wire["delta"])) deltaChunks(index, wire["delta"], numbersOf(state, index), into);
  logprobsChunk(index, wire["logprobs"], into);
  if (reason !== "") {
    into.push(finishChunk(index, reason));
    state.open.delete(index);
    state.anyFinished = true;
  } else if (into.length > before || !state.anyFinished) {
    state.open.add(index);
  }
}

function parseEvent(state: StreamState, data: string): WireAnswer {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw unreadable(state.options.name, "a stream event that is not valid JSON", data, cause);
  }
  if (isObject(value)) return value;
  throw unreadable(state.options.name, "a stream event that is not a JSON object", data);
}

/**
 * Takes one event and appends its chunks. Usage may come on any event; the last one counts.
 * @throws upstream_bad_response when the event cannot be read
 */
export function step(state: StreamState, eventName: string, data: string, into: ChatChunk[]): void {
  if (state.ended || state.error !== undefined) return;
  const text = eventName === "" ? state.template.match(data) : undefined;
  if (text !== undefined) {
    into.push(chunk(state.template.choice, { $case: "text", value: text }));
    return;
  }
  if (data.trim() === "[DONE]") {
    state.ended = true;
    return;
  }
  const event = parseEvent(state, data);
  if (eventName === "error" || (event.error !== undefined && event.error !== null)) {
    state.error = mapError(state.options.name, { status: 200, headers: {}, body: data }, 0);
    return;
  }
  if (!state.started) {
    state.started = true;
    into.push(startChunk(event));
  }
  if (typeof event.service_tier === "string") state.serviceTier = event.service_tier;
  if (isObject(event.usage)) state.wireUsage = event.usage;
  if (!Array.isArray(event.choices)) return;
  const before = into.length;
  for (const choice of event.choices) stepChoice(state, choice, into);
  if (eventName === "" && into.length === before + 1) state.template.learn(data, event, into[before]);
}

/** Takes the stream's end: the usage chunk, if the provider said what was consumed. */
export function end(state: StreamState, into: ChatChunk[]): void {
  if (state.wireUsage === undefined) return;
  const mapped = mapUsage(state.wireUsage, state.options.usage);
  state.usage = mapped.usage;
  state.problems = mapped.problems;
  state.wireUsage = undefined;
  if (mapped.usage !== undefined) into.push(chunk(0, { $case: "usage", value: { usage: mapped.usage } }));
}

/** A reader over `start`, `step` and `end`. */
export function openStream(options: WireOptions): AnswerReader {
  const state = start(options);
  return {
    step: (eventName, data, into) => step(state, eventName, data, into),
    end: (into) => end(state, into),
    get usage() {
      return state.usage;
    },
    get serviceTier() {
      return state.serviceTier;
    },
    get finished() {
      return state.anyFinished && state.open.size === 0;
    },
    get ended() {
      return state.ended;
    },
    get error() {
      return state.error;
    },
    get problems() {
      return state.problems;
    },
  };
}

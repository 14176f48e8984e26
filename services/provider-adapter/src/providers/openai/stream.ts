import type { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { AnswerReader, UsageSoFar } from "../../provider.ts";
import { choiceNumber } from "../figures.ts";
import { chunk, deltaChunks, finishChunks, logprobsChunk, startChunk, textPiece } from "./chunks.ts";
import { mapError } from "./errors.ts";
import { ChoiceNumbers } from "./numbers.ts";
import type { WireOptions } from "./options.ts";
import { failureIn, unreadable } from "./response.ts";
import { DeltaTemplate } from "./template.ts";
import { mapUsage, soFarOf, usageIn } from "./usage.ts";
import { isObject, textOf, type WireAnswer } from "./wire.ts";

/** What is known of a stream between two events. Private to `start` and `step`, which alone change it. */
export interface StreamState {
  readonly options: WireOptions;
  readonly template: DeltaTemplate;
  readonly numbers: Map<number, ChoiceNumbers>;
  readonly open: Set<number>;
  /** An event that came before the answer itself began. */
  preface: WireAnswer | undefined;
  started: boolean;
  anyFinished: boolean;
  ended: boolean;
  serviceTier: string;
  wireUsage: unknown;
  /** True if no content came after `wireUsage`. */
  covers: boolean;
  /** True once the end was taken. */
  told: boolean;
  usage: Usage | undefined;
  error: SluiceError | undefined;
  problems: readonly string[];
}

/** The state before the first event. */
export function start(options: WireOptions): StreamState {
  return {
    options,
    template: new DeltaTemplate(),
    numbers: new Map(),
    open: new Set(),
    preface: undefined,
    started: false,
    anyFinished: false,
    ended: false,
    serviceTier: "",
    wireUsage: undefined,
    covers: false,
    told: false,
    usage: undefined,
    error: undefined,
    problems: [],
  };
}

function numbersOf(state: StreamState, choice: number): ChoiceNumbers {
  let numbers = state.numbers.get(choice);
  if (numbers === undefined) {
    numbers = new ChoiceNumbers();
    state.numbers.set(choice, numbers);
  }
  return numbers;
}

/** What a choice adds. Where the whole message is repeated beside the delta, the delta alone counts; alone it is the answer. */
function pieceOf(state: StreamState, index: number, wire: Readonly<Record<string, unknown>>): unknown {
  if (isObject(wire["delta"])) return wire["delta"];
  if (typeof wire["text"] === "string" && !isObject(wire["message"])) return textPiece(wire["text"]);
  return state.numbers.has(index) ? undefined : wire["message"];
}

function stepChoice(state: StreamState, wire: unknown, into: ChatChunk[]): void {
  if (!isObject(wire)) return;
  const index = choiceNumber(wire["index"], 0);
  const before = into.length;
  const reason = textOf(wire["finish_reason"]);
  const piece = pieceOf(state, index, wire);
  if (isObject(piece)) deltaChunks(index, piece, numbersOf(state, index), into);
  logprobsChunk(index, wire["logprobs"], into);
  if (reason !== "") {
    finishChunks(index, reason, numbersOf(state, index).calls, into);
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

/** Opens the answer; false for an event that only comes before it, such as Azure's judgement of the prompt. */
function begin(state: StreamState, event: WireAnswer, into: ChatChunk[]): boolean {
  const nameless = textOf(event.id) === "" && textOf(event.model) === "";
  if (nameless && Array.isArray(event.choices) && event.choices.length === 0 && state.preface === undefined) {
    state.preface = event;
    return false;
  }
  state.started = true;
  into.push(startChunk(state.preface === undefined ? event : { ...state.preface, ...event }));
  return true;
}

/**
 * Takes one event and appends its chunks. Usage may come on any event; the last one counts.
 * @throws upstream_bad_response when the event cannot be read
 */
export function step(state: StreamState, eventName: string, data: string, into: ChatChunk[]): void {
  if (state.ended || state.error !== undefined) return;
  const text = eventName === "" ? state.template.match(data) : undefined;
  if (text !== undefined) {
    state.covers = false;
    into.push(chunk(state.template.choice, { $case: "text", value: text }));
    return;
  }
  if (data.trim() === "[DONE]") {
    state.ended = true;
    return;
  }
  const event = parseEvent(state, data);
  const said = usageIn(event, state.options.usage);
  if (said !== undefined) {
    state.wireUsage = said;
    state.covers = true;
  }
  const failure = eventName === "error" ? data : failureIn(event);
  if (failure !== undefined) {
    state.error = mapError(state.options, { status: 200, headers: {}, body: failure }, 0);
    return;
  }
  if (!state.started && !begin(state, event, into)) return;
  if (typeof event.service_tier === "string") state.serviceTier = event.service_tier;
  if (!Array.isArray(event.choices)) return;
  const before = into.length;
  for (const choice of event.choices) stepChoice(state, choice, into);
  if (said === undefined && into.length > before) state.covers = false;
  if (eventName === "" && into.length === before + 1) state.template.learn(data, event, into[before]);
}

/** Takes the stream's end: the usage chunk, if the provider said what was consumed. */
export function end(state: StreamState, into: ChatChunk[]): void {
  if (state.wireUsage === undefined || state.told) return;
  const mapped = mapUsage(state.wireUsage, state.options.usage);
  state.usage = mapped.usage;
  state.problems = mapped.problems;
  state.told = true;
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
    get soFar(): UsageSoFar | undefined {
      return soFarOf(state.wireUsage, state.covers, state.options.usage);
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

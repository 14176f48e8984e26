import type { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { AnswerReader, UsageSoFar } from "../../provider.ts";
import { chunk } from "../openai/chunks.ts";
import { type ErrorSource, mapError } from "../openai/errors.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import { addArguments, cite, failureOf, finishChunk, openCall, say, startChunk, think } from "./content.ts";
import { mapUsage } from "./usage.ts";

type WireObject = Readonly<Record<string, unknown>>;

/** What is known of a stream between two events. Private to `start` and `step`, which alone change it. */
export interface StreamState {
  readonly source: ErrorSource;
  /** Numbers of calls by the index their events bear, and whether arguments have come. */
  readonly calls: Map<unknown, { readonly call: number; begun: boolean }>;
  finished: boolean;
  ended: boolean;
  usage: Usage | undefined;
  error: SluiceError | undefined;
  problems: readonly string[];
}

/** The state before the first event. */
export function start(source: ErrorSource): StreamState {
  const nothing = { usage: undefined, error: undefined, problems: [] };
  return { source, calls: new Map(), finished: false, ended: false, ...nothing };
}

type Step = (state: StreamState, event: WireObject, message: WireObject, into: ChatChunk[]) => void;

const content: Step = (_state, _event, message, into) => {
  const piece = message["content"];
  if (!isObject(piece)) return;
  think(textOf(piece["thinking"]), into);
  say(textOf(piece["text"]), into);
};

const callStart: Step = (state, event, message, into) => {
  const wire = message["tool_calls"];
  if (!isObject(wire)) return;
  const call = state.calls.size;
  const begun = openCall(wire, call, into);
  state.calls.set(event["index"], { call, begun });
};

const callDelta: Step = (state, event, message, into) => {
  const open = state.calls.get(event["index"]);
  const wire = message["tool_calls"];
  if (open === undefined || !isObject(wire) || !isObject(wire["function"])) return;
  if (addArguments(textOf(wire["function"]["arguments"]), open.call, into)) open.begun = true;
};

/** A tool without arguments has none to send. */
const callEnd: Step = (state, event, _message, into) => {
  const open = state.calls.get(event["index"]);
  if (open === undefined || open.begun) return;
  open.begun = true;
  addArguments("{}", open.call, into);
};

const messageEnd: Step = (state, event, _message, into) => {
  const delta = isObject(event["delta"]) ? event["delta"] : {};
  const { usage, problems } = isObject(delta["usage"]) ? mapUsage(delta["usage"]) : { usage: undefined, problems: [] };
  state.usage = usage;
  state.problems = problems;
  state.ended = true;
  state.error = failureOf(delta, state.source);
  if (state.error !== undefined || textOf(delta["finish_reason"]) === "") return;
  state.finished = true;
  into.push(finishChunk(delta));
};

/** What each event adds. Events of unknown kinds are passed over: new ones appear without notice. */
const STEPS: Readonly<Record<string, Step>> = {
  "message-start": (_state, event, _message, into) => void into.push(startChunk(event)),
  "content-start": content,
  "content-delta": content,
  "tool-plan-delta": (_state, _event, message, into) => think(textOf(message["tool_plan"]), into),
  "tool-call-start": callStart,
  "tool-call-delta": callDelta,
  "tool-call-end": callEnd,
  "citation-start": (_state, _event, message, into) => cite([message["citations"]], into),
  "message-end": messageEnd,
};

/** Takes one event and appends its chunks. @throws upstream_bad_response when the event cannot be read */
export function step(state: StreamState, eventName: string, data: string, into: ChatChunk[]): void {
  if (state.ended || state.error !== undefined) return;
  if (data.trim() === "[DONE]") {
    state.ended = true;
    return;
  }
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch (cause) {
    throw unreadable("cohere", "a stream event that is not valid JSON", data, cause);
  }
  if (!isObject(event)) throw unreadable("cohere", "a stream event that is not a JSON object", data);
  const type = textOf(event["type"]) || eventName;
  if (type === "error" || (type === "" && event["message"] !== undefined)) {
    state.error = mapError(state.source, { status: 200, headers: {}, body: data }, 0);
    return;
  }
  const delta = isObject(event["delta"]) ? event["delta"] : {};
  const message = isObject(delta["message"]) ? delta["message"] : {};
  if (Object.hasOwn(STEPS, type)) STEPS[type]?.(state, event, message, into);
}

/** A reader over `start` and `step`. */
export function openStream(source: ErrorSource): AnswerReader {
  const state = start(source);
  let told = false;
  return {
    step: (eventName, data, into) => step(state, eventName, data, into),
    end: (into) => {
      if (state.usage === undefined || told) return;
      told = true;
      into.push(chunk(0, { $case: "usage", value: { usage: state.usage } }));
    },
    get usage() {
      return state.usage;
    },
    get soFar(): UsageSoFar | undefined {
      return state.usage && { usage: state.usage, covers: true };
    },
    serviceTier: "",
    get finished() {
      return state.finished;
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

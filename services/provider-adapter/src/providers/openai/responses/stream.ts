import type { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { AnswerReader } from "../../../provider.ts";
import { chunk } from "../chunks.ts";
import type { ErrorSource } from "../errors.ts";
import { unreadable } from "../response.ts";
import { isObject, textOf } from "../wire.ts";
import { failureOf, finishOf, usageOf } from "./ending.ts";
import {
  annotationChunks,
  argumentsOf,
  callChunk,
  isModelCall,
  isUnspoken,
  logprobChunks,
  messageChunks,
  reasoningChunk,
  startOf,
  unspokenChunk,
} from "./items.ts";

type WireObject = Readonly<Record<string, unknown>>;

/** What is known of one item of the output while it streams. */
interface Item {
  /** Number of the call, if the item is one. */
  readonly call: number | undefined;
  /** True once some of its content has come piece by piece: the whole at its end repeats it. */
  streamed: boolean;
}

interface State {
  readonly source: ErrorSource;
  readonly items: Map<number, Item>;
  readonly unspoken: WireObject[];
  calls: number;
  started: boolean;
  finished: boolean;
  ended: boolean;
  serviceTier: string;
  usage: Usage | undefined;
  error: SluiceError | undefined;
  problems: readonly string[];
}

type Step = (state: State, event: WireObject, into: ChatChunk[]) => void;

function itemOf(state: State, event: WireObject): Item {
  const index = typeof event["output_index"] === "number" ? event["output_index"] : 0;
  let item = state.items.get(index);
  if (item === undefined) {
    item = { call: undefined, streamed: false };
    state.items.set(index, item);
  }
  return item;
}

const blockOf = (event: WireObject): number => (typeof event["output_index"] === "number" ? event["output_index"] : 0);

/** A call is opened by the item that announces it; its arguments follow. */
function openCall(state: State, event: WireObject, wire: WireObject, into: ChatChunk[]): Item {
  const known = itemOf(state, event);
  if (known.call !== undefined) return known;
  const item: Item = { call: state.calls++, streamed: argumentsOf(wire) !== "" };
  state.items.set(blockOf(event), item);
  into.push(callChunk(wire, item.call ?? 0, argumentsOf(wire)));
  return item;
}

function addArguments(item: Item, argumentsJson: string, into: ChatChunk[]): void {
  if (item.call === undefined || argumentsJson === "") return;
  item.streamed = true;
  const value = { call: item.call, id: "", name: "", argumentsJson, signature: "", type: "" };
  into.push(chunk(0, { $case: "toolCall", value }));
}

function addThinking(state: State, event: WireObject, text: string, into: ChatChunk[]): void {
  if (text === "") return;
  itemOf(state, event).streamed = true;
  const value = { text, signature: "", redacted: false, id: textOf(event["item_id"]), block: blockOf(event) };
  into.push(chunk(0, { $case: "reasoning", value }));
}

function itemDone(state: State, event: WireObject, into: ChatChunk[]): void {
  const wire = event["item"];
  if (!isObject(wire)) return;
  if (isModelCall(wire)) {
    const item = openCall(state, event, wire, into);
    if (!item.streamed) addArguments(item, argumentsOf(wire), into);
    return;
  }
  const item = itemOf(state, event);
  if (wire["type"] === "message" && !item.streamed) messageChunks(wire, into);
  if (wire["type"] === "reasoning") {
    const reasoning = reasoningChunk(wire, blockOf(event), item.streamed);
    if (reasoning !== undefined) into.push(reasoning);
  }
  if (isUnspoken(wire)) state.unspoken.push(wire);
  item.streamed = true;
}

/** The last event: everything the answer is, once more. Items that were never streamed are taken from there. */
function ended(state: State, event: WireObject, into: ChatChunk[]): void {
  const response = isObject(event["response"]) ? event["response"] : event;
  state.ended = true;
  state.serviceTier = textOf(response["service_tier"]);
  const { usage, problems } = usageOf(response["usage"]);
  state.usage = usage;
  state.problems = problems;
  state.error = failureOf(response, state.source);
  if (state.error !== undefined) return;
  const output = Array.isArray(response["output"]) ? response["output"] : [];
  for (const [index, wire] of output.entries()) {
    if (isObject(wire) && !state.items.has(index)) itemDone(state, { output_index: index, item: wire }, into);
  }
  const unspoken = unspokenChunk(state.unspoken);
  if (unspoken !== undefined) into.push(unspoken);
  const finish = finishOf(response, state.calls > 0);
  if (finish !== undefined) into.push(finish);
  state.finished = finish !== undefined;
  if (usage !== undefined) into.push(chunk(0, { $case: "usage", value: { usage } }));
}

function began(state: State, event: WireObject, into: ChatChunk[]): void {
  if (state.started || !isObject(event["response"])) return;
  state.started = true;
  into.push(startOf(event["response"]));
}

function failed(state: State, event: WireObject): void {
  const error = isObject(event["error"]) ? event["error"] : { code: event["code"], message: event["message"] };
  state.error ??= failureOf({ error }, state.source);
}

function textDelta(state: State, event: WireObject, into: ChatChunk[]): void {
  itemOf(state, event).streamed = true;
  const text = textOf(event["delta"]);
  if (text !== "") into.push(chunk(0, { $case: "text", value: text }));
  logprobChunks(event["logprobs"], into);
}

function refusalDelta(state: State, event: WireObject, into: ChatChunk[]): void {
  itemOf(state, event).streamed = true;
  const text = textOf(event["delta"]);
  if (text !== "") into.push(chunk(0, { $case: "refusal", value: text }));
}

/** Parts after the first are set apart, as they are in the whole item. */
function summaryPart(state: State, event: WireObject, into: ChatChunk[]): void {
  if (typeof event["summary_index"] === "number" && event["summary_index"] > 0) addThinking(state, event, "\n\n", into);
}

const thinking: Step = (state, event, into) => addThinking(state, event, textOf(event["delta"]), into);

/** What each event adds; events that are not listed tell of progress only. */
const STEPS: Readonly<Record<string, Step>> = {
  "response.created": began,
  "response.in_progress": began,
  "response.queued": began,
  "response.output_item.added": (state, event, into) => {
    const wire = event["item"];
    if (!isObject(wire)) return;
    if (isModelCall(wire)) openCall(state, event, wire, into);
    else itemOf(state, event);
  },
  "response.output_text.delta": textDelta,
  "response.refusal.delta": refusalDelta,
  "response.output_text.annotation.added": (_state, event, into) => annotationChunks([event["annotation"]], into),
  "response.reasoning_summary_part.added": summaryPart,
  "response.reasoning_summary_text.delta": thinking,
  "response.reasoning_text.delta": thinking,
  "response.function_call_arguments.delta": (state, event, into) =>
    addArguments(itemOf(state, event), textOf(event["delta"]), into),
  "response.custom_tool_call_input.delta": (state, event, into) =>
    addArguments(itemOf(state, event), textOf(event["delta"]), into),
  "response.output_item.done": itemDone,
  "response.completed": ended,
  "response.incomplete": ended,
  "response.failed": ended,
  error: failed,
};

function step(state: State, data: string, into: ChatChunk[]): void {
  if (data.trim() === "[DONE]") {
    state.ended = true;
    return;
  }
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch (cause) {
    throw unreadable(state.source.name, "an event that is not valid JSON", data, cause);
  }
  if (!isObject(event)) throw unreadable(state.source.name, "an event that is not a JSON object", data);
  const type = textOf(event["type"]);
  if (type === "" && event["error"] !== undefined) failed(state, event);
  if (Object.hasOwn(STEPS, type)) STEPS[type]?.(state, event, into);
}

/** A reader of streams of OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses-streaming). */
export function openResponsesStream(source: ErrorSource): AnswerReader {
  const state: State = {
    source,
    items: new Map(),
    unspoken: [],
    calls: 0,
    started: false,
    finished: false,
    ended: false,
    serviceTier: "",
    usage: undefined,
    error: undefined,
    problems: [],
  };
  return {
    step: (_eventName, data, into) => step(state, data, into),
    // Usage comes with the last event; nothing is left for the end.
    end: () => undefined,
    // Its figures come with the end alone.
    soFar: undefined,
    get usage() {
      return state.usage;
    },
    get serviceTier() {
      return state.serviceTier;
    },
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

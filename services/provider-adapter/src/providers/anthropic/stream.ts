import type { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { AnswerReader, UsageSoFar } from "../../provider.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import {
  addDelta,
  addPiece,
  type Content,
  chunk,
  closeBlock,
  finishChunk,
  noContent,
  type OpenBlock,
  openBlock,
  startChunk,
  wireChunk,
} from "./blocks.ts";
import { mapError } from "./errors.ts";
import { isError, tierOf } from "./response.ts";
import { DeltaTemplate } from "./template.ts";
import { mapUsage, soFarOf } from "./usage.ts";
import type { WireEvent, WireMessage } from "./wire.ts";

/** What is known of a stream between two events. Private to `start` and `step`, which alone change it. */
export interface StreamState {
  readonly provider: string;
  readonly template: DeltaTemplate;
  readonly content: Content;
  readonly open: Map<number, OpenBlock>;
  /** The block whose deltas the template recognises. */
  current: OpenBlock | undefined;
  message: WireMessage | undefined;
  finished: boolean;
  ended: boolean;
  serviceTier: string;
  /** Counts as last said: the start tells the prompt's, the end restates them with the answer's. */
  wireUsage: Record<string, unknown>;
  /** True once the counts cover the whole answer. */
  counted: boolean;
  /** True once the end was taken. */
  told: boolean;
  usage: Usage | undefined;
  error: SluiceError | undefined;
  problems: readonly string[];
}

/** The state before the first event. */
export function start(provider: string): StreamState {
  return {
    provider,
    template: new DeltaTemplate(),
    content: noContent(),
    open: new Map(),
    current: undefined,
    message: undefined,
    finished: false,
    ended: false,
    serviceTier: "",
    wireUsage: {},
    counted: false,
    told: false,
    usage: undefined,
    error: undefined,
    problems: [],
  };
}

function parseEvent(state: StreamState, data: string): WireEvent {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw unreadable(state.provider, "a stream event that is not valid JSON", data, cause);
  }
  if (isObject(value)) return value;
  throw unreadable(state.provider, "a stream event that is not a JSON object", data);
}

function takeUsage(state: StreamState, usage: unknown): void {
  if (!isObject(usage)) return;
  for (const [name, value] of Object.entries(usage)) {
    if (value !== null && value !== undefined && name !== "__proto__") state.wireUsage[name] = value;
  }
  state.serviceTier = tierOf(state.wireUsage);
}

/** Ends the answer: blocks whose end was left out end with it. */
function finish(state: StreamState, message: WireMessage, into: ChatChunk[]): void {
  if (state.finished || textOf(message.stop_reason) === "") return;
  for (const open of state.open.values()) closeBlock(state.content, open, into);
  state.open.clear();
  state.finished = true;
  into.push(finishChunk(state.content, message));
}

function messageStart(state: StreamState, event: WireEvent, data: string, into: ChatChunk[]): void {
  const message: WireMessage = isObject(event.message) ? event.message : {};
  if (state.message !== undefined) {
    // Proxies repeat the start; another message within this one cannot be told apart from it.
    if (state.message.id === message.id) return;
    throw unreadable(state.provider, "a second message within the first", data);
  }
  state.message = message;
  takeUsage(state, message.usage);
  into.push(startChunk(message, state.serviceTier));
  if (isObject(message.usage)) into.push(wireChunk({ usage: message.usage }));
  if (!Array.isArray(message.content)) return;
  for (const block of message.content) {
    if (isObject(block)) closeBlock(state.content, openBlock(state.content, block, into), into);
  }
}

const IMPLIED: Readonly<Record<string, string>> = { text_delta: "text", thinking_delta: "thinking" };

function blockDelta(state: StreamState, event: WireEvent, data: string, into: ChatChunk[]): void {
  const { delta } = event;
  if (!isObject(delta)) return;
  const index = typeof event.index === "number" ? event.index : 0;
  let open = state.open.get(index);
  if (open === undefined) {
    open = openBlock(state.content, { type: IMPLIED[textOf(delta["type"])] ?? "unknown" }, into);
    state.open.set(index, open);
  }
  const piece = addDelta(open, delta, into);
  if (piece === "") return;
  state.current = open;
  state.template.learn(data, piece);
}

function blockStart(state: StreamState, event: WireEvent, into: ChatChunk[]): void {
  if (!isObject(event.content_block)) return;
  const index = typeof event.index === "number" ? event.index : state.open.size;
  state.template.forget();
  state.open.set(index, openBlock(state.content, event.content_block, into));
}

function blockStop(state: StreamState, event: WireEvent, into: ChatChunk[]): void {
  const index = typeof event.index === "number" ? event.index : 0;
  const open = state.open.get(index);
  state.template.forget();
  if (open === undefined) return;
  state.open.delete(index);
  closeBlock(state.content, open, into);
}

const SAID_OF_EVENT = new Set(["type", "delta", "usage"]);
const SAID_OF_DELTA = new Set(["stop_reason", "stop_sequence", "stop_details"]);

function restOf(
  object: Readonly<Record<string, unknown>>,
  said: ReadonlySet<string>,
): Record<string, unknown> | undefined {
  const rest = Object.entries(object).filter(([name, value]) => !said.has(name) && value !== null);
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** Tells what the end of a message has beside its reason. */
function markEnd(event: WireEvent, into: ChatChunk[]): void {
  const ofEvent = restOf(event, SAID_OF_EVENT);
  const ofDelta = isObject(event.delta) ? restOf(event.delta, SAID_OF_DELTA) : undefined;
  if (ofEvent === undefined && ofDelta === undefined) return;
  into.push(wireChunk({ ...(ofEvent && { event: ofEvent }), ...(ofDelta && { delta: ofDelta }) }));
}

function messageDelta(state: StreamState, event: WireEvent, into: ChatChunk[]): void {
  takeUsage(state, event.usage);
  if (isObject(event.usage)) state.counted = true;
  if (!state.finished) markEnd(event, into);
  if (isObject(event.delta)) finish(state, event.delta, into);
}

function messageStop(state: StreamState, into: ChatChunk[]): void {
  // An answer that needed no generation comes whole with its start.
  if (!state.finished && state.message !== undefined) {
    finish(state, state.message, into);
    if (state.finished) state.counted = true;
  }
  state.ended = true;
}

/**
 * Takes one event and appends its chunks. Events of unknown kinds are passed over: new ones appear without notice.
 * @throws upstream_bad_response when the event cannot be read
 */
export function step(state: StreamState, eventName: string, data: string, into: ChatChunk[]): void {
  if (state.ended || state.error !== undefined) return;
  if (state.current !== undefined && eventName !== "error") {
    const piece = state.template.match(data);
    if (piece !== undefined) {
      addPiece(state.current, piece, into);
      return;
    }
  }
  if (data.trim() === "[DONE]") {
    state.ended = true;
    return;
  }
  const event = parseEvent(state, data);
  if (eventName === "error" || isError(event)) {
    state.error = mapError(state.provider, { status: 200, headers: {}, body: data }, 0);
    return;
  }
  takeEvent(state, event, data, into);
}

function takeEvent(state: StreamState, event: WireEvent, data: string, into: ChatChunk[]): void {
  switch (event.type) {
    case "message_start":
      messageStart(state, event, data, into);
      return;
    case "content_block_start":
      blockStart(state, event, into);
      return;
    case "content_block_delta":
      blockDelta(state, event, data, into);
      return;
    case "content_block_stop":
      blockStop(state, event, into);
      return;
    case "message_delta":
      messageDelta(state, event, into);
      return;
    case "message_stop":
      messageStop(state, into);
  }
}

/** Takes the stream's end: the usage chunk, if the provider counted the whole answer. */
export function end(state: StreamState, into: ChatChunk[]): void {
  if (!state.counted || state.told) return;
  state.told = true;
  const mapped = mapUsage(state.wireUsage);
  state.usage = mapped.usage;
  state.problems = mapped.problems;
  if (mapped.usage !== undefined) into.push(chunk({ $case: "usage", value: { usage: mapped.usage } }));
}

/** A reader over `start`, `step` and `end`. */
export function openStream(provider: string): AnswerReader {
  const state = start(provider);
  return {
    step: (eventName, data, into) => step(state, eventName, data, into),
    end: (into) => end(state, into),
    get usage() {
      return state.usage;
    },
    get soFar(): UsageSoFar | undefined {
      return soFarOf(state.wireUsage, state.counted);
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

import type { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { AnswerReader, UsageSoFar } from "../../provider.ts";
import { unreadable } from "../openai/response.ts";
import { isObject, textOf } from "../openai/wire.ts";
import {
  addInput,
  type Content,
  chunk,
  cite,
  finishChunk,
  isOwnCall,
  noContent,
  openCall,
  say,
  startChunk,
  think,
  tierOf,
} from "./blocks.ts";
import { mapException } from "./errors.ts";
import { mapUsage } from "./usage.ts";
import type { WireObject } from "./wire.ts";

/**
 * A content block being read: a call (its number; undefined for the stand-in of a JSON answer), a thought, or one that is kept as it comes
 * because the provider runs it itself.
 */
type OpenBlock =
  | { readonly kind: "call"; readonly call: number | undefined; begun: boolean }
  | { readonly kind: "thought"; readonly block: number }
  | { readonly kind: "kept"; readonly wire: WireObject; readonly pieces: unknown[] };

/** What is known of a stream between two events. Private to `start` and `step`, which alone change it. */
export interface StreamState {
  readonly content: Content;
  readonly open: Map<number, OpenBlock>;
  started: boolean;
  finished: boolean;
  /** True once the counts came: with the stop they end the stream, in whatever order. */
  counted: boolean;
  told: boolean;
  serviceTier: string;
  usage: Usage | undefined;
  error: SluiceError | undefined;
  problems: readonly string[];
}

/** The state before the first event. */
export function start(): StreamState {
  return {
    content: noContent(),
    open: new Map(),
    started: false,
    finished: false,
    counted: false,
    told: false,
    serviceTier: "",
    usage: undefined,
    error: undefined,
    problems: [],
  };
}

function parse(data: string): WireObject {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw unreadable("bedrock", "a stream event that is not valid JSON", data, cause);
  }
  if (isObject(value)) return value;
  throw unreadable("bedrock", "a stream event that is not a JSON object", data);
}

function indexOf(event: WireObject): number {
  return typeof event["contentBlockIndex"] === "number" ? event["contentBlockIndex"] : 0;
}

function blockStart(state: StreamState, event: WireObject, into: ChatChunk[]): void {
  const first = event["start"];
  if (!isObject(first)) return;
  const { toolUse, toolResult } = first;
  if (isObject(toolResult) || (isObject(toolUse) && isOwnCall(toolUse))) {
    state.open.set(indexOf(event), { kind: "kept", wire: first, pieces: [] });
  } else if (isObject(toolUse)) {
    const call = openCall(state.content, toolUse, into);
    state.open.set(indexOf(event), { kind: "call", call, begun: false });
  }
}

/** Thinking has no start of its own: its first piece begins it. */
function thoughtAt(state: StreamState, index: number): number {
  const open = state.open.get(index);
  if (open?.kind === "thought") return open.block;
  const block = state.content.thoughts;
  state.content.thoughts += 1;
  state.open.set(index, { kind: "thought", block });
  return block;
}

function blockDelta(state: StreamState, event: WireObject, into: ChatChunk[]): void {
  const { delta } = event;
  if (!isObject(delta)) return;
  const { toolUse, reasoningContent, citation } = delta;
  const open = state.open.get(indexOf(event));
  if (open?.kind === "kept") {
    open.pieces.push(delta);
    return;
  }
  say(textOf(delta["text"]), into);
  if (isObject(reasoningContent)) think(thoughtAt(state, indexOf(event)), reasoningContent, into);
  if (isObject(citation)) cite([citation], into);
  if (!isObject(toolUse)) return;
  const piece = textOf(toolUse["input"]);
  if (open?.kind !== "call" || piece === "") return;
  open.begun = true;
  addInput(open.call, piece, into);
}

function closeBlock({ content }: StreamState, open: OpenBlock, into: ChatChunk[]): void {
  if (open.kind === "kept") content.kept.push({ ...open.wire, deltas: open.pieces });
  // A tool without arguments has none to send.
  if (open.kind === "call" && !open.begun) addInput(open.call, "{}", into);
}

function blockStop(state: StreamState, event: WireObject, into: ChatChunk[]): void {
  const open = state.open.get(indexOf(event));
  state.open.delete(indexOf(event));
  if (open !== undefined) closeBlock(state, open, into);
}

function messageStop(state: StreamState, event: WireObject, into: ChatChunk[]): void {
  if (state.finished || textOf(event["stopReason"]) === "") return;
  for (const open of state.open.values()) closeBlock(state, open, into);
  state.open.clear();
  state.finished = true;
  into.push(finishChunk(state.content, event));
}

function metadata(state: StreamState, event: WireObject): void {
  state.counted = true;
  state.serviceTier = tierOf(event);
  const { usage, problems } = mapUsage(event["usage"]);
  state.usage = usage;
  state.problems = problems;
}

type Step = (state: StreamState, event: WireObject, into: ChatChunk[]) => void;

/** What each event adds. Events of unknown kinds are passed over: new ones appear without notice. */
const STEPS: Readonly<Record<string, Step>> = {
  contentBlockStart: blockStart,
  contentBlockDelta: blockDelta,
  contentBlockStop: blockStop,
  messageStop,
  metadata,
};

/** Takes one event and appends its chunks. @throws upstream_bad_response when the event cannot be read */
export function step(state: StreamState, eventName: string, data: string, into: ChatChunk[]): void {
  if (state.error !== undefined || (state.finished && state.counted)) return;
  if (eventName.startsWith("error:")) {
    state.error = mapException(eventName.slice("error:".length), data);
    return;
  }
  const event = parse(data);
  if (!state.started) {
    state.started = true;
    into.push(startChunk());
  }
  if (Object.hasOwn(STEPS, eventName)) STEPS[eventName]?.(state, event, into);
}

/** Takes the stream's end: the usage chunk, if there were counts. */
export function end(state: StreamState, into: ChatChunk[]): void {
  if (state.usage === undefined || state.told) return;
  state.told = true;
  into.push(chunk({ $case: "usage", value: { usage: state.usage } }));
}

/** A reader over `start`, `step` and `end`. */
export function openStream(): AnswerReader {
  const state = start();
  return {
    step: (eventName, data, into) => step(state, eventName, data, into),
    end: (into) => end(state, into),
    get usage() {
      return state.usage;
    },
    get soFar(): UsageSoFar | undefined {
      return state.usage && { usage: state.usage, covers: true };
    },
    get serviceTier() {
      return state.serviceTier;
    },
    get finished() {
      return state.finished;
    },
    get ended() {
      return state.finished && state.counted;
    },
    get error() {
      return state.error;
    },
    get problems() {
      return state.problems;
    },
  };
}

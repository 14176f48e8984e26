import type { SluiceError } from "@sluice/platform/errors";
import { type ChatChunk, Dialect, StartChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { AnswerReader, UsageSoFar } from "../../provider.ts";
import { choiceNumber } from "../figures.ts";
import { type Candidate, chunk, newCandidate } from "./candidate.ts";
import { stepCandidate } from "./content.ts";
import { endBlocked, endCandidate } from "./ending.ts";
import { mapError, unreadable } from "./errors.ts";
import { EventTemplate } from "./template.ts";
import { mapUsage, soFarOf } from "./usage.ts";
import { isObject, textOf, type WireAnswer } from "./wire.ts";

/** Top-level fields that have a place of their own. */
const KNOWN_TOP = new Set(["candidates", "usageMetadata", "modelVersion", "responseId", "createTime", "error"]);

/** What is known of an answer between two events. Private to `start`, `step` and `end`, which alone change it. */
export interface StreamState {
  readonly provider: string;
  readonly candidates: Map<number, Candidate>;
  readonly template: EventTemplate;
  started: boolean;
  ended: boolean;
  id: string;
  /** Why the prompt was blocked; undefined if it was not. */
  blocked: string | undefined;
  serviceTier: string;
  wireUsage: unknown;
  /** Counts of a later event than `wireUsage`, not parsed yet; "" if there are none. */
  usageJson: string;
  /** True if no content came after the last counts. */
  covers: boolean;
  /** True once the counts were told at the end. */
  told: boolean;
  usage: Usage | undefined;
  error: SluiceError | undefined;
  problems: readonly string[];
}

/** The state before the first event. */
export function start(provider: string): StreamState {
  return {
    provider,
    candidates: new Map(),
    template: new EventTemplate(),
    started: false,
    ended: false,
    id: "",
    blocked: undefined,
    serviceTier: "",
    wireUsage: undefined,
    usageJson: "",
    covers: false,
    told: false,
    usage: undefined,
    error: undefined,
    problems: [],
  };
}

function candidateOf(state: StreamState, index: number): Candidate {
  let candidate = state.candidates.get(index);
  if (candidate === undefined) {
    candidate = newCandidate(index);
    state.candidates.set(index, candidate);
  }
  return candidate;
}

function extrasOf(answer: WireAnswer): string {
  let extra: Record<string, unknown> | undefined;
  for (const name in answer) {
    const value = answer[name];
    if (KNOWN_TOP.has(name) || value === null || value === undefined) continue;
    extra ??= {};
    extra[name] = value;
  }
  return extra === undefined ? "" : JSON.stringify(extra);
}

function startChunk(state: StreamState, answer: WireAnswer): ChatChunk {
  const value = StartChunk.create();
  const created = Date.parse(textOf(answer.createTime));
  state.id = textOf(answer.responseId);
  value.id = state.id;
  value.model = textOf(answer.modelVersion);
  value.createdAtS = created > 0 ? BigInt(Math.trunc(created / 1_000)) : 0n;
  value.serviceTier = state.serviceTier;
  value.extraJson = extrasOf(answer);
  value.dialect = Dialect.DIALECT_GEMINI;
  return chunk(0, { $case: "start", value });
}

/** Counts stand on every event and grow; events without a count say nothing, also after one that had some. */
function takeUsage(state: StreamState, usage: unknown): void {
  if (!isObject(usage)) return;
  const tier = textOf(usage["serviceTier"]);
  if (tier !== "") state.serviceTier = tier;
  if (typeof usage["promptTokenCount"] !== "number") return;
  state.wireUsage = usage;
  state.usageJson = "";
  state.covers = true;
}

function takeFeedback(state: StreamState, feedback: unknown): void {
  if (!isObject(feedback)) return;
  const { blockReason: reason } = feedback;
  if (typeof reason === "string" || typeof reason === "number") state.blocked = String(reason);
  else if (textOf(feedback["blockReasonMessage"]) !== "") state.blocked ??= "BLOCK_REASON_UNSPECIFIED";
}

function isAnswer(value: WireAnswer): boolean {
  if (Array.isArray(value.candidates) || isObject(value.promptFeedback) || isObject(value.usageMetadata)) return true;
  return textOf(value.responseId) !== "" || textOf(value.modelVersion) !== "";
}

/** Takes one event's object. @throws upstream_bad_response when it is no answer */
export function stepAnswer(state: StreamState, value: unknown, into: ChatChunk[]): void {
  if (state.error !== undefined) return;
  if (!isObject(value)) {
    throw unreadable(state.provider, "something else than a JSON object", JSON.stringify(value));
  }
  const answer: WireAnswer = value;
  if (answer.error !== undefined && answer.error !== null) {
    state.error = mapError(state.provider, { status: 200, headers: {}, body: JSON.stringify(value) }, 0);
    return;
  }
  if (!isAnswer(answer)) throw unreadable(state.provider, "an answer without candidates", JSON.stringify(value));
  state.covers = state.covers && !Array.isArray(answer.candidates);
  takeUsage(state, answer.usageMetadata);
  takeFeedback(state, answer.promptFeedback);
  if (!state.started) {
    state.started = true;
    into.push(startChunk(state, answer));
  }
  if (!Array.isArray(answer.candidates)) return;
  for (const [position, candidate] of (answer.candidates as unknown[]).entries()) {
    if (!isObject(candidate)) continue;
    const index = choiceNumber(candidate["index"], position);
    stepCandidate(candidateOf(state, index), candidate, state.id, into);
  }
}

/** The objects of an event's data; some senders leave out the blank line between events, which joins their data. */
function parseEvent(state: StreamState, data: string): unknown[] {
  try {
    const value: unknown = JSON.parse(data);
    return Array.isArray(value) ? value : [value];
  } catch (cause) {
    const lines = data.split("\n").filter((line) => line.trim() !== "");
    try {
      if (lines.length > 1) return lines.map((line): unknown => JSON.parse(line));
    } catch {
      // Not several events either: the first failure says more.
    }
    throw unreadable(state.provider, "a stream event that is not valid JSON", data, cause);
  }
}

/** The usual event: some more text, recognised without parsing. */
function stepAlike(state: StreamState, data: string, into: ChatChunk[]): boolean {
  const { template } = state;
  const text = template.match(data);
  if (text === undefined) return false;
  const candidate = candidateOf(state, template.choice);
  candidate.thinking = false;
  candidate.text += text;
  state.covers = template.usageJson !== "";
  if (state.covers) state.usageJson = template.usageJson;
  into.push(chunk(template.choice, { $case: "text", value: text }));
  return true;
}

/**
 * Takes one event and appends its chunks.
 * @throws upstream_bad_response when the event cannot be read
 */
export function step(state: StreamState, eventName: string, data: string, into: ChatChunk[]): void {
  if (state.ended || state.error !== undefined) return;
  if (eventName === "" && stepAlike(state, data, into)) return;
  if (data.length < 16 && data.trim() === "[DONE]") {
    state.ended = true;
    return;
  }
  const values = parseEvent(state, data);
  if (eventName === "error") {
    state.error = mapError(state.provider, { status: 200, headers: {}, body: data }, 0);
    return;
  }
  const before = into.length;
  for (const value of values) stepAnswer(state, value, into);
  const [only] = values;
  if (values.length === 1 && into.length === before + 1 && isObject(only)) {
    state.template.learn(data, only, into[before]);
  }
}

/** True once every candidate that began has a reason to finish, or the prompt was blocked. */
export function isFinished(state: StreamState): boolean {
  let any = false;
  for (const { finish } of state.candidates.values()) {
    if (finish === undefined) return false;
    any = true;
  }
  return any || (state.blocked !== undefined && state.candidates.size === 0);
}

/**
 * Takes the answer's end, which Google marks by nothing but the end: finish chunks, citations, usage. `whole` is true for a plain
 * answer: there, content without a reason to finish is complete all the same.
 */
export function end(state: StreamState, into: ChatChunk[], whole: boolean): void {
  const candidates = [...state.candidates.values()];
  if (whole) for (const candidate of candidates) if (candidate.content) candidate.finish ??= "";
  if (state.error === undefined) {
    for (const candidate of candidates) endCandidate(candidate, into);
    if (candidates.length === 0 && state.blocked !== undefined) into.push(endBlocked(state.blocked));
  }
  parseUsage(state);
  if (state.wireUsage === undefined || state.told) return;
  const complete = isFinished(state) || !candidates.some(({ content }) => content);
  const mapped = mapUsage(state.wireUsage, complete && state.error === undefined);
  state.usage = mapped.usage;
  state.problems = mapped.problems;
  state.told = true;
  if (mapped.usage !== undefined) into.push(chunk(0, { $case: "usage", value: { usage: mapped.usage } }));
}

function parseUsage(state: StreamState): void {
  if (state.usageJson !== "") state.wireUsage = JSON.parse(state.usageJson);
  state.usageJson = "";
}

/** A reader over `start`, `step` and `end`. */
export function openStream(provider: string): AnswerReader {
  const state = start(provider);
  return {
    step: (eventName, data, into) => step(state, eventName, data, into),
    end: (into) => end(state, into, false),
    get usage() {
      return state.usage;
    },
    get soFar(): UsageSoFar | undefined {
      parseUsage(state);
      return soFarOf(state.wireUsage, state.covers);
    },
    get serviceTier() {
      return state.serviceTier;
    },
    get finished() {
      return isFinished(state);
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

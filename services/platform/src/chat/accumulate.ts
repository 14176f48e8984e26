import type {
  AudioDelta,
  ChatChunk,
  FinishChunk,
  ReasoningDelta,
  StartChunk,
  ToolCallDelta,
} from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";

/** One reasoning block of an answer, in the order the model thought. */
export interface AccumulatedReasoning {
  readonly text: string;
  readonly signature: string;
  readonly redacted: boolean;
  readonly id: string;
}

/** One tool call of an answer; `argumentsJson` is exactly what the model wrote and may be invalid JSON. */
export interface AccumulatedToolCall {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
  readonly signature: string;
  readonly type: string;
}

/** The audio of an answer. */
export interface AccumulatedAudio {
  readonly id: string;
  readonly data: Uint8Array;
  readonly transcript: string;
  readonly expiresAtS: bigint;
}

/** One choice of an answer, put together from its chunks. */
export interface AccumulatedAnswer {
  readonly index: number;
  readonly text: string;
  /** Undefined if the model wrote no refusal text. */
  readonly refusal: string | undefined;
  readonly reasoning: readonly AccumulatedReasoning[];
  readonly toolCalls: readonly AccumulatedToolCall[];
  readonly audio: AccumulatedAudio | undefined;
  /** Undefined until the provider said why it stopped: such an answer is not complete. */
  readonly finish: FinishChunk | undefined;
  readonly annotations: readonly unknown[];
  /** Undefined if none came; otherwise the provider's object with its token lists joined. */
  readonly logprobs: Readonly<Record<string, unknown>> | undefined;
  /** Fields of the message that the canonical form cannot say; the last value of a name counts. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Puts the chunks of one answer together. */
export interface Accumulator {
  /** Takes the next chunk; constant time, nothing is joined before `answers`. */
  push(chunk: ChatChunk): void;
  /** The choices so far, in order of their index. */
  answers(): AccumulatedAnswer[];
  start(): StartChunk | undefined;
  /** The last usage the provider reported. */
  usage(): Usage | undefined;
}

interface ToolCallParts extends Omit<AccumulatedToolCall, "argumentsJson"> {
  readonly argumentsJson: string[];
}

interface ReasoningParts {
  readonly text: string[];
  signature: string;
  redacted: boolean;
  id: string;
}

interface AudioParts {
  id: string;
  readonly data: Uint8Array[];
  readonly transcript: string[];
  expiresAtS: bigint;
}

interface Choice {
  readonly index: number;
  readonly text: string[];
  readonly refusal: string[];
  readonly reasoning: Map<number, ReasoningParts>;
  readonly toolCalls: Map<number, ToolCallParts>;
  audio: AudioParts | undefined;
  finish: FinishChunk | undefined;
  readonly annotations: string[];
  readonly logprobs: string[];
  readonly extra: string[];
}

const newChoice = (index: number): Choice => ({
  index,
  text: [],
  refusal: [],
  reasoning: new Map(),
  toolCalls: new Map(),
  audio: undefined,
  finish: undefined,
  annotations: [],
  logprobs: [],
  extra: [],
});

function addReasoning(choice: Choice, delta: ReasoningDelta): void {
  let block = choice.reasoning.get(delta.block);
  if (block === undefined) {
    block = { text: [], signature: "", redacted: false, id: "" };
    choice.reasoning.set(delta.block, block);
  }
  if (delta.text !== "") block.text.push(delta.text);
  if (delta.signature !== "") block.signature = delta.signature;
  if (delta.id !== "") block.id = delta.id;
  block.redacted ||= delta.redacted;
}

function addToolCall(choice: Choice, delta: ToolCallDelta): void {
  const known = choice.toolCalls.get(delta.call);
  if (known === undefined) {
    const { id, name, signature, type } = delta;
    choice.toolCalls.set(delta.call, { id, name, signature, type, argumentsJson: [delta.argumentsJson] });
    return;
  }
  known.argumentsJson.push(delta.argumentsJson);
  if (delta.signature === "" && (known.id !== "" || delta.id === "") && (known.name !== "" || delta.name === ""))
    return;
  // A provider may name the call, or sign it, only after its first delta.
  choice.toolCalls.set(delta.call, {
    id: known.id || delta.id,
    name: known.name || delta.name,
    signature: delta.signature || known.signature,
    type: known.type || delta.type,
    argumentsJson: known.argumentsJson,
  });
}

function addAudio(choice: Choice, delta: AudioDelta): void {
  choice.audio ??= { id: "", data: [], transcript: [], expiresAtS: 0n };
  const audio = choice.audio;
  if (delta.id !== "") audio.id = delta.id;
  if (delta.data.length > 0) audio.data.push(delta.data);
  if (delta.transcript !== "") audio.transcript.push(delta.transcript);
  if (delta.expiresAtS !== 0n) audio.expiresAtS = delta.expiresAtS;
}

/** Objects a provider sent as JSON text, as far as they are objects; anything else is dropped. */
function parseObjects(texts: readonly string[]): Record<string, unknown>[] {
  return texts
    .map(parseJson)
    .filter((value) => typeof value === "object" && value !== null && !Array.isArray(value)) as Record<
    string,
    unknown
  >[];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Extra fields are passed on for convenience only: a broken one must not cost the caller its answer.
    return undefined;
  }
}

function joinLogprobs(texts: readonly string[]): Record<string, unknown> | undefined {
  if (texts.length === 0) return undefined;
  const joined = new Map<string, unknown>();
  for (const part of parseObjects(texts)) {
    for (const [name, value] of Object.entries(part)) {
      const before = joined.get(name);
      if (Array.isArray(before) && Array.isArray(value)) for (const entry of value) before.push(entry);
      else if (value !== null || before === undefined) joined.set(name, value);
    }
  }
  return Object.fromEntries(joined);
}

function toAnswer(choice: Choice): AccumulatedAnswer {
  const { audio } = choice;
  return {
    index: choice.index,
    text: choice.text.join(""),
    refusal: choice.refusal.length === 0 ? undefined : choice.refusal.join(""),
    reasoning: inOrder(choice.reasoning).map((block) => ({ ...block, text: block.text.join("") })),
    toolCalls: inOrder(choice.toolCalls).map((call) => ({ ...call, argumentsJson: call.argumentsJson.join("") })),
    audio: audio && { ...audio, data: Buffer.concat(audio.data), transcript: audio.transcript.join("") },
    finish: choice.finish,
    annotations: choice.annotations.flatMap((text) => {
      const parsed = parseJson(text);
      return Array.isArray(parsed) ? (parsed as unknown[]) : [];
    }),
    logprobs: joinLogprobs(choice.logprobs),
    extra:
      choice.extra.length === 0
        ? {}
        : Object.fromEntries(parseObjects(choice.extra).flatMap((part) => Object.entries(part))),
  };
}

function inOrder<T>(numbered: ReadonlyMap<number, T>): T[] {
  if (numbered.size < 2) return [...numbered.values()];
  return [...numbered].sort(([a], [b]) => a - b).map(([, value]) => value);
}

/** Starts putting one answer together. Not for concurrent use; one accumulator per answer. */
export function accumulate(): Accumulator {
  const choices = new Map<number, Choice>();
  let started: StartChunk | undefined;
  let used: Usage | undefined;
  let last: Choice | undefined;

  const choiceOf = (index: number): Choice => {
    if (last !== undefined && last.index === index) return last;
    last = choices.get(index);
    if (last === undefined) {
      last = newChoice(index);
      choices.set(index, last);
    }
    return last;
  };

  const push = (chunk: ChatChunk): void => {
    const { event } = chunk;
    if (chunk.extraJson !== "") choiceOf(chunk.choice).extra.push(chunk.extraJson);
    if (event === undefined) return;
    switch (event.$case) {
      case "text":
        choiceOf(chunk.choice).text.push(event.value);
        return;
      case "reasoning":
        addReasoning(choiceOf(chunk.choice), event.value);
        return;
      case "toolCall":
        addToolCall(choiceOf(chunk.choice), event.value);
        return;
      case "refusal":
        choiceOf(chunk.choice).refusal.push(event.value);
        return;
      case "audio":
        addAudio(choiceOf(chunk.choice), event.value);
        return;
      case "annotationsJson":
        choiceOf(chunk.choice).annotations.push(event.value);
        return;
      case "logprobsJson":
        choiceOf(chunk.choice).logprobs.push(event.value);
        return;
      case "finish":
        choiceOf(chunk.choice).finish = event.value;
        return;
      case "start":
        started ??= event.value;
        return;
      case "usage":
        used = event.value.usage ?? used;
    }
  };

  return {
    push,
    answers: () => inOrder(choices).map(toAnswer),
    start: () => started,
    usage: () => used,
  };
}

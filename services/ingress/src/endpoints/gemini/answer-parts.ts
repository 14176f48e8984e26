import { type ChatChunk, Dialect, type ReasoningDelta, type ToolCallDelta } from "@sluice/proto/chat/v1/chat";
import { printCarried } from "../../answer/carried.ts";
import { parseExtra } from "../chat-completions/response.ts";
import { type Fields, groundingOf, imageParts, joinResults, logprobsResult } from "./foreign.ts";

/** A part of a candidate's content. */
export type AnswerPart = Record<string, unknown>;

interface OpenCall {
  id: string;
  name: string;
  args: string;
  signature: string;
}

interface OpenThought {
  readonly block: number;
  /** What is told of the thinking when it ends, where another dialect's provider made it. */
  seal: string;
}

/**
 * Arranges the canonical chunks of one candidate as the parts Google's answers consist of: a step per chunk over a private state, and what
 * is complete so far is taken away piece by piece.
 */
export class CandidateParts {
  readonly index: number;
  private readonly provider: string;
  private readonly native: boolean;
  private ready: AnswerPart[] = [];
  private beside: Record<string, unknown> = {};
  /** Calls that are still written, in their order: some providers write several in turns. */
  private readonly calls = new Map<number, OpenCall>();
  private readonly endedCalls = new Set<number>();
  private thought: OpenThought | undefined;
  private lastSignature = "";
  private text = "";
  /** True once anything of an answer came. */
  any = false;

  constructor(index: number, provider: string, native: boolean) {
    this.index = index;
    this.provider = provider;
    this.native = native;
  }

  push(chunk: ChatChunk): void {
    const { event } = chunk;
    switch (event?.$case) {
      case "text":
      case "refusal":
        this.words(event.value);
        break;
      case "reasoning":
        this.reasoning(event.value);
        break;
      case "toolCall":
        this.toolCall(event.value);
        break;
      case "audio":
        this.audio(event.value.data, event.value.transcript, chunk.extraJson);
        break;
      case "annotationsJson":
        if (!this.native) Object.assign(this.beside, groundingOf(event.value, this.text));
        break;
      case "logprobsJson":
        if (!this.native) this.logprobs(logprobsResult(event.value));
        break;
      case "wire":
        if (event.value.dialect === Dialect.DIALECT_GEMINI) this.wire(event.value.json);
        break;
      case undefined:
        if (!this.native) for (const part of imageParts(chunk.extraJson)) this.put(part);
    }
  }

  /** Ends what is open: nothing more comes. */
  end(): void {
    this.endThought();
    this.endCalls();
  }

  /** What is complete and was not taken yet. */
  take(): AnswerPart[] {
    const { ready } = this;
    if (ready.length > 0) this.ready = [];
    return ready;
  }

  /** What came beside the content and was not taken yet. */
  takeBeside(): Fields {
    const { beside } = this;
    this.beside = {};
    return beside;
  }

  private put(part: AnswerPart): void {
    this.end();
    this.any = true;
    this.ready.push(part);
  }

  private words(text: string): void {
    if (text === "") return;
    if (!this.native) this.text += text;
    this.end();
    this.any = true;
    const last = this.ready.at(-1);
    const goesOn = last !== undefined && typeof last["text"] === "string" && last["thought"] === undefined;
    if (goesOn && last["thoughtSignature"] === undefined) last["text"] = `${last["text"]}${text}`;
    else this.ready.push({ text });
  }

  private reasoning(delta: ReasoningDelta): void {
    if (this.native) this.ownReasoning(delta);
    else this.foreignReasoning(delta);
  }

  /** Google signs words and media too: a signature by itself belongs to what came just before it. */
  private ownReasoning({ text, signature }: ReasoningDelta): void {
    if (text !== "") {
      this.put({ text, thought: true, ...(signature !== "" && { thoughtSignature: signature }) });
      return;
    }
    if (signature === "" || signature === this.lastSignature) return;
    const last = this.ready.at(-1);
    const free = last !== undefined && last["thoughtSignature"] === undefined && last["functionCall"] === undefined;
    if (free) last["thoughtSignature"] = signature;
    else this.put({ text: "", thoughtSignature: signature });
  }

  private foreignReasoning(delta: ReasoningDelta): void {
    const { text, signature, redacted, id, block } = delta;
    if (this.thought?.block !== block) {
      this.end();
      this.thought = { block, seal: this.seal({ signature: "", redacted: false, id: "" }) };
    }
    this.any = true;
    if (text !== "") this.ready.push({ text, thought: true });
    const { thought } = this;
    if (thought !== undefined && (signature !== "" || id !== "")) thought.seal = this.seal({ signature, redacted, id });
  }

  private seal({ signature, redacted, id }: Pick<ReasoningDelta, "signature" | "redacted" | "id">): string {
    return printCarried({ of: "thinking", provider: this.provider, id, signature, redacted });
  }

  private endThought(): void {
    const { thought } = this;
    if (thought === undefined) return;
    this.thought = undefined;
    const last = this.ready.at(-1);
    if (last?.["thought"] === true && last["thoughtSignature"] === undefined) last["thoughtSignature"] = thought.seal;
    else this.ready.push({ text: "", thought: true, thoughtSignature: thought.seal });
  }

  private toolCall(delta: ToolCallDelta): void {
    if (this.endedCalls.has(delta.call)) return;
    const { id, name, argumentsJson, signature } = delta;
    const call = this.calls.get(delta.call);
    if (call === undefined) {
      this.endThought();
      this.endCalls(isWhole);
      this.any = true;
      this.calls.set(delta.call, { id, name, args: argumentsJson, signature });
      return;
    }
    call.args += argumentsJson;
    call.id ||= id;
    call.name ||= name;
    call.signature ||= signature;
  }

  /** Ends calls up to the first one that `ready` does not hold for. */
  private endCalls(ready: (call: OpenCall) => boolean = () => true): void {
    for (const [number, call] of this.calls) {
      if (!ready(call)) return;
      this.calls.delete(number);
      this.endedCalls.add(number);
      const { id, name, args } = call;
      const functionCall = { ...(id !== "" && { id }), name, args: argumentsOf(args) };
      const signature = this.callSignature(call);
      this.ready.push({ functionCall, ...(signature !== "" && { thoughtSignature: signature }) });
    }
  }

  private callSignature({ id, signature }: OpenCall): string {
    if (signature === "" || this.native) return signature;
    return printCarried({ of: "call", provider: this.provider, id, signature, redacted: true });
  }

  private audio(data: Uint8Array, transcript: string, extraJson: string): void {
    const { audio_mime_type: type } = parseExtra(extraJson);
    const mimeType = typeof type === "string" ? type : "audio/wav";
    if (data.length > 0) this.put({ inlineData: { mimeType, data: Buffer.from(data).toString("base64") } });
    else this.words(transcript);
  }

  /** A part that has no canonical form, or what a candidate says beside its content. */
  private wire(json: string): void {
    const { part, candidate, logprobs } = parseExtra(json) as {
      readonly part?: AnswerPart;
      readonly candidate?: Fields;
      readonly logprobs?: Fields;
    };
    if (part !== undefined) {
      this.put({ ...part });
      const { thoughtSignature: signature } = part;
      this.lastSignature = typeof signature === "string" ? signature : "";
    }
    if (candidate !== undefined) Object.assign(this.beside, candidate);
    if (logprobs !== undefined) this.logprobs(logprobs);
  }

  private logprobs(more: Fields): void {
    this.beside["logprobsResult"] = joinResults(this.beside["logprobsResult"], more);
  }
}

/** True for a call whose arguments cannot go on. */
function isWhole({ name, args }: OpenCall): boolean {
  if (name === "" || !args.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(args);
    return true;
  } catch {
    // It waits for its rest, or for the end of the answer.
    return false;
  }
}

/** A call's arguments are an object; what the model wrote instead is not ours to hide. */
function argumentsOf(json: string): unknown {
  if (json.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The route lets such answers through, so the caller has to see what there is.
  }
  return { INVALID_JSON: json };
}

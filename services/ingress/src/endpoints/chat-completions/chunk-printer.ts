import { type Accumulator, accumulate } from "@sluice/platform/chat";
import {
  type AudioDelta,
  type ChatChunk,
  Dialect,
  type FinishChunk,
  type StartChunk,
  type ToolCallDelta,
} from "@sluice/proto/chat/v1/chat";
import type { RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { AnswerOpening, PiecePrinter, StreamFailure } from "../../answer/printer.ts";
import { sluiceFacts } from "../../facts/x-sluice.ts";
import { citingFields } from "./annotations.ts";
import { extraContent, needsDetails, reasoningDetails } from "./reasoning.ts";
import { parseExtra } from "./response.ts";
import { toUsageBody } from "./usage.ts";
import { finishWord, tierWord } from "./words.ts";

export interface PrinterOptions extends AnswerOpening {
  /** True if the caller asked for a usage chunk. */
  readonly includeUsage: boolean;
  /** False where there is no request of which facts could be told; default true. */
  readonly facts?: boolean;
}

/** A delta waiting for the log probabilities that belong to it. */
interface Pending {
  readonly choice: number;
  /** Inside of the `delta` object, without braces. */
  fields: string;
  logprobs: string;
}

const OWN_FIELDS = new Set([
  "role",
  "content",
  "refusal",
  "tool_calls",
  "reasoning_content",
  "reasoning_details",
  "annotations",
  "audio",
]);

/**
 * Prints canonical chunks as OpenAI's `chat.completion.chunk` events. Everything a stream repeats is printed once
 * and spliced as text, because this runs for every delta. Finish chunks are kept back until the summary is known.
 */
export class ChunkPrinter implements PiecePrinter {
  private readonly options: PrinterOptions;
  private before = "";
  private readonly usageField: string;
  private readonly opened = new Set<number>();
  private readonly finishes = new Map<number, FinishChunk>();
  /** Calls of tools that take text instead of JSON: their later deltas do not say so again. */
  private readonly customCalls = new Set<string>();
  /** Signatures printed so far, by call: a provider that repeats one must not have it joined to itself. */
  private readonly signatures = new Map<string, string>();
  /** The thinking so far: its signatures are printed once, complete, before the finish. */
  private reasoning: Accumulator | undefined;
  /** Choices that call tools: their thinking has to come back with the results. */
  private readonly callers = new Set<number>();
  private pending: Pending | undefined;
  /** What stands around the words of a delta of text. */
  private around: { readonly choice: number; readonly before: string; readonly after: string } | undefined;
  private usage: ReturnType<typeof toUsageBody>;
  private started = false;
  private content = false;

  constructor(options: PrinterOptions) {
    this.options = options;
    this.usageField = options.includeUsage ? ',"usage":null' : "";
    this.begin(undefined);
  }

  /** True once something was printed that a reader would call content, or a choice has ended. */
  get hasContent(): boolean {
    return this.content;
  }

  /** Prints what became known together, as one text for one write. */
  print(chunks: readonly ChatChunk[]): string {
    let text = "";
    for (let at = 0; at < chunks.length; at++) {
      const chunk = chunks[at];
      if (chunk === undefined) continue;
      text += this.isPlainText(chunk, chunks[at + 1]) ? this.plainText(chunk) : this.take(chunk);
    }
    return text + this.flush();
  }

  /** Prints the end of an answer: the finish of every choice with Sluice's facts, the usage if asked for, `[DONE]`. */
  finish(summary: RouteSummary): string {
    let text = this.flush() + this.detailsOfReasoning();
    const { requestId, head, facts: wanted = true } = this.options;
    const facts = wanted ? `,"x_sluice":${JSON.stringify(sluiceFacts(requestId, head, summary))}` : "";
    for (const [choice, finish] of this.finishes) {
      const word = JSON.stringify(finishWord(finish));
      text += `${this.before}"choices":[{"index":${choice},"delta":{${this.opening(choice)}},"logprobs":null,"finish_reason":${word}}]${this.usageField}${facts}}\n\n`;
    }
    if (this.options.includeUsage) {
      const usage = toUsageBody(summary.usage) ?? this.usage ?? null;
      text += `${this.before}"choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
    }
    return `${text}data: [DONE]\n\n`;
  }

  /** The event OpenAI's clients raise as an error; neither a finish nor `[DONE]` follows. */
  fail(failure: StreamFailure): string {
    return errorEvent(failure);
  }

  private begin(start: StartChunk | undefined): void {
    const { head, requestId, receivedAtS } = this.options;
    const extra = start?.dialect === Dialect.DIALECT_OPENAI_CHAT ? parseExtra(start.extraJson) : {};
    const fields = JSON.stringify({
      ...extra,
      id: start?.id || `chatcmpl-${requestId}`,
      object: "chat.completion.chunk",
      created: Number(start?.createdAtS || receivedAtS),
      model: start?.model || head.model,
      service_tier: tierWord(start?.serviceTier ?? ""),
      system_fingerprint: start?.systemFingerprint || undefined,
      choices: undefined,
      usage: undefined,
    });
    this.before = `data: ${fields.slice(0, -1)},`;
    this.around = undefined;
  }

  private take(chunk: ChatChunk): string {
    const { choice, event } = chunk;
    const extra = chunk.extraJson === "" ? "" : extraFields(chunk.extraJson);
    switch (event?.$case) {
      case "text":
        this.content ||= event.value !== "";
        return this.delta(choice, `"content":${JSON.stringify(event.value)}`, extra);
      case "toolCall":
        this.content = true;
        this.callers.add(choice);
        return this.delta(choice, this.toolCallField(choice, event.value), extra);
      case "reasoning":
        this.reasoning ??= accumulate();
        this.reasoning.push(chunk);
        if (event.value.text === "") break;
        this.content = true;
        return this.delta(choice, `"reasoning_content":${JSON.stringify(event.value.text)}`, extra);
      case "refusal":
        this.content = true;
        return this.delta(choice, `"refusal":${JSON.stringify(event.value)}`, extra);
      case "audio":
        this.content = true;
        return this.delta(choice, audioField(event.value), extra);
      case "annotationsJson":
        this.content = true;
        return this.delta(choice, citingField(event.value), extra);
      case "logprobsJson":
        return this.attachLogprobs(choice, event.value);
      case "finish":
        this.finishes.set(choice, event.value);
        break;
      case "start":
        if (!this.started) this.begin(event.value);
        this.started = true;
        break;
      case "usage":
        this.usage = toUsageBody(event.value.usage) ?? this.usage;
    }
    return extra === "" ? "" : this.delta(choice, "", extra);
  }

  /** True for what nearly all deltas are: words of a choice that has begun, and nothing that belongs into the same event. */
  private isPlainText({ choice, event, extraJson }: ChatChunk, next: ChatChunk | undefined): boolean {
    if (event?.$case !== "text" || extraJson !== "" || !this.opened.has(choice)) return false;
    return next?.event?.$case !== "logprobsJson" && this.pending?.fields !== "";
  }

  /** Such a delta at once, around which everything but the words is the same text each time. */
  private plainText({ choice, event }: ChatChunk): string {
    const words = event?.$case === "text" ? event.value : "";
    this.content ||= words !== "";
    if (this.around?.choice !== choice) {
      const before = `${this.before}"choices":[{"index":${choice},"delta":{"content":`;
      const after = `},"logprobs":null,"finish_reason":null}]${this.usageField}}\n\n`;
      this.around = { choice, before, after };
    }
    const text = `${this.around.before}${JSON.stringify(words)}${this.around.after}`;
    return this.pending === undefined ? text : this.flush() + text;
  }

  /** Queues one delta and returns the one before it. */
  private delta(choice: number, own: string, extra: string): string {
    const { pending } = this;
    const body = own === "" || extra === "" ? own + extra : `${own},${extra}`;
    if (pending !== undefined && pending.choice === choice && pending.fields === "" && pending.logprobs !== "") {
      pending.fields = this.withOpening(choice, body);
      return "";
    }
    const text = this.flush();
    this.pending = { choice, fields: this.withOpening(choice, body), logprobs: "" };
    return text;
  }

  /** Log probabilities belong to the text they came with: to the delta just before, else to the next one. */
  private attachLogprobs(choice: number, json: string): string {
    const { pending } = this;
    const logprobs = logprobsObject(json);
    if (pending !== undefined && pending.choice === choice && pending.logprobs === "") {
      pending.logprobs = logprobs;
      return "";
    }
    const text = this.flush();
    this.pending = { choice, fields: "", logprobs };
    return text;
  }

  private toolCallField(choice: number, delta: ToolCallDelta): string {
    const key = `${choice}:${delta.call}`;
    if (delta.type === "custom") this.customCalls.add(key);
    const custom = this.customCalls.size > 0 && this.customCalls.has(key);
    const first = delta.id !== "" || delta.name !== "";
    const id = delta.id === "" ? "" : `,"id":${JSON.stringify(delta.id)}`;
    const type = first ? `,"type":${JSON.stringify(delta.type === "" ? "function" : delta.type)}` : "";
    const name = delta.name === "" ? "" : `"name":${JSON.stringify(delta.name)},`;
    const body = `"${custom ? "custom" : "function"}":{${name}"${custom ? "input" : "arguments"}":${JSON.stringify(delta.argumentsJson)}}`;
    const signed = delta.signature === "" ? "" : this.signatureField(key, delta.signature);
    return `"tool_calls":[{"index":${delta.call}${id}${type},${body}${signed}}]`;
  }

  private signatureField(key: string, signature: string): string {
    if (this.signatures.get(key) === signature) return "";
    this.signatures.set(key, signature);
    return `,"extra_content":${JSON.stringify(extraContent(signature, this.options.head.provider))}`;
  }

  /**
   * One delta with every block of the thinking, so that clients that append and clients that overwrite both hold all of it. Without a
   * signature it goes out only with tool calls: clients that overwrite would otherwise bring back the end of the text alone.
   */
  private detailsOfReasoning(): string {
    let text = "";
    for (const answer of this.reasoning?.answers() ?? []) {
      if (!needsDetails(answer.reasoning) && !this.callers.has(answer.index)) continue;
      const details = reasoningDetails(answer.reasoning, this.options.head.provider);
      text += this.delta(answer.index, `"reasoning_details":${JSON.stringify(details)}`, "");
    }
    return text + this.flush();
  }

  private flush(): string {
    const { pending } = this;
    if (pending === undefined) return "";
    this.pending = undefined;
    const logprobs = pending.logprobs === "" ? "null" : pending.logprobs;
    return `${this.before}"choices":[{"index":${pending.choice},"delta":{${pending.fields}},"logprobs":${logprobs},"finish_reason":null}]${this.usageField}}\n\n`;
  }

  private withOpening(choice: number, fields: string): string {
    if (this.opened.has(choice)) return fields;
    const opening = this.opening(choice);
    if (fields === "") return opening;
    // A delta of another kind says that there is no text, as OpenAI does.
    return fields.startsWith('"content"')
      ? `"role":"assistant",${fields}`
      : `"role":"assistant","content":null,${fields}`;
  }

  private opening(choice: number): string {
    if (this.opened.has(choice)) return "";
    this.opened.add(choice);
    return '"role":"assistant","content":""';
  }
}

/** Both lists of tokens are always named, also where a provider has one of them. */
function logprobsObject(json: string): string {
  const value: unknown = JSON.parse(asJson(json, "null"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "null";
  return JSON.stringify({ content: null, refusal: null, ...value });
}

/** A list that is broken, or cites nothing that can be shown, is an empty one. */
function citingField(json: string): string {
  const list: unknown = JSON.parse(asJson(json, "[]"));
  const fields = citingFields(Array.isArray(list) ? list : []);
  return Object.keys(fields).length === 0 ? '"annotations":[]' : JSON.stringify(fields).slice(1, -1);
}

function audioField(delta: AudioDelta): string {
  return `"audio":${JSON.stringify({
    id: delta.id || undefined,
    data: delta.data.length === 0 ? undefined : Buffer.from(delta.data).toString("base64"),
    transcript: delta.transcript || undefined,
    expires_at: delta.expiresAtS === 0n ? undefined : Number(delta.expiresAtS),
  })}`;
}

/** A provider's JSON text as it is, if it is JSON: it is spliced into the event and must not break it. */
function asJson(json: string, otherwise: string): string {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    // What is not JSON cannot be shown; the answer's own content goes on.
    return otherwise;
  }
}

/** The inside of an object with the extra fields that are not Sluice's own. */
function extraFields(json: string): string {
  const fields = Object.entries(parseExtra(json)).filter(([name]) => !OWN_FIELDS.has(name));
  return fields.length === 0 ? "" : JSON.stringify(Object.fromEntries(fields)).slice(1, -1);
}

/** A failure as an event of OpenAI's streams. */
export function errorEvent({ body }: StreamFailure): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}

import { type ChatChunk, Dialect, type FinishChunk, type StartChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { AnswerOpening, PiecePrinter, StreamFailure } from "../../answer/printer.ts";
import { sluiceFacts } from "../../facts/x-sluice.ts";
import { parseExtra } from "../chat-completions/response.ts";
import { AnswerBlocks, type BlockSink } from "./answer-blocks.ts";
import { endingFields, headFields } from "./response.ts";
import { toUsageBody } from "./usage.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Prints one event of a stream. */
export function printEvent(type: string, fields: Fields): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** The event Anthropic's clients raise as an error. */
export function errorEvent({ body }: StreamFailure): string {
  return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
}

/** Writes blocks as events. What the deltas of a block repeat is printed once, because this runs for every delta. */
class EventSink implements BlockSink {
  private written = "";
  private head = "";
  private headOf = "";

  /** Hands over what was written since the last time. */
  take(): string {
    const { written } = this;
    this.written = "";
    return written;
  }

  open(index: number, block: Fields): void {
    const { input } = block;
    const begun = input === undefined || isEmpty(input) ? block : { ...block, input: {} };
    this.written += printEvent("content_block_start", { index, content_block: begun });
    if (begun !== block) this.input(index, JSON.stringify(input));
  }

  text(index: number, text: string): void {
    this.delta(index, "text_delta", "text", text);
  }

  thinking(index: number, text: string): void {
    this.delta(index, "thinking_delta", "thinking", text);
  }

  signature(index: number, signature: string): void {
    this.delta(index, "signature_delta", "signature", signature);
  }

  input(index: number, json: string): void {
    this.delta(index, "input_json_delta", "partial_json", json);
  }

  citation(index: number, citation: unknown): void {
    this.written += printEvent("content_block_delta", { index, delta: { type: "citations_delta", citation } });
  }

  close(index: number): void {
    this.written += printEvent("content_block_stop", { index });
  }

  private delta(index: number, type: string, field: string, text: string): void {
    const key = `${index}${field}`;
    if (this.headOf !== key) {
      this.headOf = key;
      const start = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},`;
      this.head = `${start}"delta":{"type":"${type}","${field}":`;
    }
    this.written += `${this.head}${JSON.stringify(text)}}}\n\n`;
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Prints canonical chunks as the events of Anthropic's streams. How the answer ended is kept back until the summary is known. */
export class EventPrinter implements PiecePrinter {
  private readonly opening: AnswerOpening;
  private readonly sink = new EventSink();
  private readonly blocks: AnswerBlocks;
  private start: StartChunk | undefined;
  private startUsage: Fields = { input_tokens: 0, output_tokens: 0 };
  private finished: FinishChunk | undefined;
  private finishExtra: Fields = {};
  private endFields: { event?: Fields; delta?: Fields } = {};
  private usage: Usage | undefined;
  private begun = false;

  constructor(opening: AnswerOpening) {
    this.opening = opening;
    this.blocks = new AnswerBlocks(this.sink, opening.head.provider);
  }

  get hasContent(): boolean {
    return this.blocks.any || this.finished !== undefined;
  }

  print(chunks: readonly ChatChunk[]): string {
    for (const chunk of chunks) this.take(chunk);
    const text = this.sink.take();
    return text === "" ? "" : this.beginning() + text;
  }

  finish(summary: RouteSummary): string {
    this.blocks.end();
    const { requestId, head } = this.opening;
    const usage = toUsageBody(summary.usage ?? this.usage, this.native, this.start?.serviceTier ?? "");
    const ending = endingFields(this.finished, this.finishExtra, this.blocks.refused);
    const text = this.beginning() + this.sink.take();
    const delta = { ...this.endFields.delta, ...ending };
    const facts = sluiceFacts(requestId, head, summary);
    const end = printEvent("message_delta", { ...this.endFields.event, delta, usage, x_sluice: facts });
    return `${text}${end}${printEvent("message_stop", {})}`;
  }

  fail(failure: StreamFailure): string {
    return errorEvent(failure);
  }

  private get native(): boolean {
    return this.start?.dialect === Dialect.DIALECT_ANTHROPIC_MESSAGES;
  }

  private take(chunk: ChatChunk): void {
    const { event } = chunk;
    switch (event?.$case) {
      case "start":
        this.start ??= event.value;
        break;
      case "usage":
        this.usage = event.value.usage ?? this.usage;
        return;
      case "finish":
        if (chunk.choice !== 0) return;
        this.finished = event.value;
        if (this.native) this.finishExtra = parseExtra(chunk.extraJson);
        return;
      case "wire":
        if (event.value.dialect === Dialect.DIALECT_ANTHROPIC_MESSAGES) this.wire(event.value.json);
    }
    this.blocks.take(chunk);
  }

  /** Figures of the start, and what the end says beside its reason. */
  private wire(json: string): void {
    const thing = parseExtra(json) as { readonly usage?: Fields; readonly event?: Fields; readonly delta?: Fields };
    if (thing.usage !== undefined) this.startUsage = thing.usage;
    if (thing.event !== undefined) this.endFields.event = thing.event;
    if (thing.delta !== undefined) this.endFields.delta = thing.delta;
  }

  private beginning(): string {
    if (this.begun) return "";
    this.begun = true;
    const message = {
      ...headFields(this.start, this.opening),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: this.startUsage,
    };
    return `${printEvent("message_start", { message })}${printEvent("ping", {})}`;
  }
}

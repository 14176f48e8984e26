import {
  type ChatChunk,
  type FinishChunk,
  FinishReason,
  type ReasoningDelta,
  type StartChunk,
  type ToolCallDelta,
} from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { readCitations } from "../../../answer/annotations.ts";
import { CallItem } from "./call-item.ts";
import type { EventText } from "./event-text.ts";
import type { OutputItem } from "./item.ts";
import { toLogprobs } from "./logprobs.ts";
import { MessageItem } from "./message-item.ts";
import { ReasoningItem } from "./reasoning-item.ts";

export interface OutputOptions {
  /** What the ids of the items have in common. */
  readonly idBody: string;
  /** Who made the signatures. */
  readonly provider: string;
  /** True if the caller is to get what only the provider can read. */
  readonly proofs: boolean;
  /** Undefined for a plain answer. */
  readonly events: EventText | undefined;
}

/** A call whose name has not come yet. */
interface WaitingCall {
  id: string;
  type: string;
  written: string;
}

/** Puts an answer together as the items of an output, in the order in which the model began them; tells events where they are wanted. */
export class Output {
  private readonly options: OutputOptions;
  private readonly items: OutputItem[] = [];
  /** Proofs the caller does not get: kept with the response alone. */
  private readonly hidden: ReasoningItem[] = [];
  private readonly calls = new Map<number, CallItem | WaitingCall>();
  /** Signatures of calls that no item carries yet, and all there were. */
  private readonly signatures = new Map<number, string>();
  private readonly signed = new Map<number, string>();
  private message: MessageItem | undefined;
  private reasoning: { readonly block: number; readonly item: ReasoningItem } | undefined;
  /** Text that waits for the log probabilities that belong to it. */
  private pendingText: string | undefined;
  /** True if the last text went out without log probabilities. */
  private bareText = false;
  private logprobs: object[] = [];
  start: StartChunk | undefined;
  finish: FinishChunk | undefined;
  usage: Usage | undefined;

  constructor(options: OutputOptions) {
    this.options = options;
  }

  /** True once there is something a reader would call content. */
  get hasContent(): boolean {
    return this.items.length > 0 || this.pendingText !== undefined;
  }

  /** Takes what became known together. Choices after the first have no place in this dialect. */
  take(chunks: readonly ChatChunk[]): void {
    for (const chunk of chunks) if (chunk.choice === 0) this.takeOne(chunk);
    this.flushText();
  }

  /** Ends every item; the last one is cut if the model was stopped inside it, each that is open if the answer broke off. */
  end(): void {
    this.flushText();
    for (const [number, call] of this.calls) if (!(call instanceof CallItem)) this.openCall(number, call, "");
    this.signLate();
    const open = this.items.filter((item) => item.isOpen);
    for (const item of open) item.close(this.finish === undefined || (this.isCut && item === this.items.at(-1)));
  }

  /** The items as the caller gets them. */
  print(): object[] {
    return this.items.map((item) => item.print(this.options.proofs));
  }

  /** The items as they are kept: with every proof. */
  printForKeeping(): object[] {
    return [...this.hidden, ...this.items].map((item) => item.print(true));
  }

  private get isCut(): boolean {
    const { reason } = this.finish ?? {};
    return reason === FinishReason.FINISH_REASON_LENGTH || reason === FinishReason.FINISH_REASON_CONTENT_FILTER;
  }

  private takeOne({ event }: ChatChunk): void {
    switch (event?.$case) {
      case "text":
        if (event.value === "") return;
        this.flushText();
        this.pendingText = event.value;
        return;
      case "logprobsJson":
        this.takeLogprobs(toLogprobs(event.value));
        return;
      case "start":
        this.start ??= event.value;
        return;
      case "usage":
        this.usage = event.value.usage ?? this.usage;
        return;
      case "finish":
        this.finish = event.value;
        return;
    }
    this.flushText();
    switch (event?.$case) {
      case "reasoning":
        this.takeReasoning(event.value);
        return;
      case "toolCall":
        this.takeCall(event.value);
        return;
      case "refusal":
        if (event.value !== "") this.words().addRefusal(event.value);
        return;
      case "annotationsJson":
        for (const annotation of readCitations(event.value)) this.words().addAnnotation(annotation);
    }
  }

  /** They belong to the text just before them, and to the next one where there is none. */
  private takeLogprobs(entries: readonly object[]): void {
    if (this.pendingText === undefined && this.bareText && this.message?.isOpen === true) {
      this.message.addLogprobs(entries);
      this.bareText = false;
      return;
    }
    this.logprobs.push(...entries);
    if (this.pendingText !== undefined) this.flushText();
  }

  private flushText(): void {
    const { pendingText, logprobs } = this;
    if (pendingText === undefined) return;
    this.pendingText = undefined;
    this.bareText = logprobs.length === 0;
    if (logprobs.length > 0) this.logprobs = [];
    this.words().addText(pendingText, logprobs);
  }

  /** The message that is being written; a new one if something else has come since. */
  private words(): MessageItem {
    if (this.message?.isOpen === true) return this.message;
    this.closeAllBut(undefined);
    this.message = this.add((place) => new MessageItem(place), "msg");
    return this.message;
  }

  private takeReasoning(delta: ReasoningDelta): void {
    if (delta.text === "" && delta.signature === "" && delta.id === "") return;
    const open = this.reasoning?.block === delta.block && this.reasoning.item.isOpen ? this.reasoning.item : undefined;
    const item = open ?? this.openReasoning(delta.block);
    if (delta.signature !== "") item.addProof({ signature: delta.signature });
    if (delta.redacted) item.addProof({ redacted: true });
    if (delta.id !== "") item.addProof({ id: delta.id });
    if (delta.text !== "") item.addText(delta.text);
  }

  private openReasoning(block: number): ReasoningItem {
    this.closeAllBut(undefined);
    const { provider, proofs } = this.options;
    const proof = { of: "thinking", provider, id: "", signature: "", redacted: false } as const;
    const item = this.add((place) => new ReasoningItem(place, proof, proofs), "rs");
    this.reasoning = { block, item };
    return item;
  }

  private takeCall(delta: ToolCallDelta): void {
    const known = this.calls.get(delta.call);
    // A provider may repeat a signature with every piece of its call.
    if (delta.signature !== "" && this.signed.get(delta.call) !== delta.signature) {
      this.signatures.set(delta.call, delta.signature);
      this.signed.set(delta.call, delta.signature);
    }
    if (known instanceof CallItem) {
      if (known.isOpen) known.add(delta.argumentsJson);
      return;
    }
    const waiting = known ?? { id: "", type: "", written: "" };
    waiting.id ||= delta.id;
    waiting.type ||= delta.type;
    waiting.written += delta.argumentsJson;
    this.calls.set(delta.call, waiting);
    if (delta.name !== "") this.openCall(delta.call, waiting, delta.name);
  }

  private openCall(number: number, { id, type, written }: WaitingCall, name: string): void {
    // Calls that are not whole yet may still go on while the next one begins.
    this.closeAllBut((item) => item instanceof CallItem && !item.isWhole);
    const callId = id || `call_${this.options.idBody}_${number}`;
    const signature = this.signatures.get(number);
    if (signature !== undefined) this.sign(callId, signature);
    this.signatures.delete(number);
    const item = this.add((place) => new CallItem(place, { callId, name, custom: type === "custom" }), "fc");
    this.calls.set(number, item);
    item.add(written);
  }

  /** Signatures that came after their calls had begun. */
  private signLate(): void {
    for (const [number, signature] of this.signatures) {
      const call = this.calls.get(number);
      if (call instanceof CallItem) this.sign(call.head.callId, signature);
    }
    this.signatures.clear();
  }

  /** Calls have no place for their signatures: an item of reasoning carries them. */
  private sign(callId: string, signature: string): void {
    const { idBody, proofs, provider } = this.options;
    const proof = { of: "call", provider, id: callId, signature, redacted: false } as const;
    if (proofs) this.add((place) => new ReasoningItem(place, proof, true), "rs").close();
    else {
      const place = { index: -1, id: `rs_${idBody}_h${this.hidden.length}`, events: undefined };
      this.hidden.push(new ReasoningItem(place, proof, true));
    }
  }

  private closeAllBut(stays: ((item: OutputItem) => boolean) | undefined): void {
    for (const item of this.items) if (item.isOpen && stays?.(item) !== true) item.close(false);
  }

  private add<Item extends OutputItem>(create: (place: OutputItem["place"]) => Item, prefix: string): Item {
    const { idBody, events } = this.options;
    const index = this.items.length;
    const item = create({ index, id: `${prefix}_${idBody}_${index}`, events });
    this.items.push(item);
    return item;
  }
}

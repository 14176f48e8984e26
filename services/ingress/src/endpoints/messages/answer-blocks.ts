import { type ChatChunk, Dialect, type ReasoningDelta, type ToolCallDelta } from "@sluice/proto/chat/v1/chat";
import { printCarried } from "../../answer/carried.ts";
import { parseExtra } from "../chat-completions/response.ts";
import { imageBlocks, toCitations } from "./foreign.ts";

/** Where the blocks of an answer go: into a stream of events, or into a list. */
export interface BlockSink {
  open(index: number, block: Readonly<Record<string, unknown>>): void;
  text(index: number, text: string): void;
  thinking(index: number, text: string): void;
  signature(index: number, signature: string): void;
  /** More of a tool's input, as the model wrote it. */
  input(index: number, json: string): void;
  citation(index: number, citation: unknown): void;
  close(index: number): void;
}

interface OpenBlock {
  readonly kind: "text" | "thinking" | "tool";
  readonly index: number;
  /** Number of the call or of the block of thinking within the choice. */
  readonly number: number;
  /** What is told of the thinking when it ends, where another dialect's provider made it. */
  seal: string | undefined;
}

/** What is said of a block apart from its content. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * Arranges canonical chunks as the blocks Anthropic's answers consist of: a step per chunk over a private state. Several may be open at
 * once only in name: a block ends when the next one begins.
 */
export class AnswerBlocks {
  private readonly sink: BlockSink;
  private readonly provider: string;
  /** True if the answer's provider speaks this dialect: then nothing needs another form. */
  private native = false;
  private count = 0;
  private current: OpenBlock | undefined;
  private lastText = -1;
  /** Fields of the block that begins next. */
  private fields: Fields = {};
  private readonly calls = new Map<number, number>();
  private readonly callIds = new Map<number, string>();
  private readonly sealed = new Set<string>();
  /** Input of the call that is open, as far as it came. */
  private written = "";
  /** Pieces of calls that cannot begin yet: blocks follow each other, but some providers write several calls in turns. */
  private waiting: ToolCallDelta[] = [];
  /** True once the model declined in words of its own. */
  refused = false;

  constructor(sink: BlockSink, provider: string) {
    this.sink = sink;
    this.provider = provider;
  }

  /** True once anything of an answer came. */
  get any(): boolean {
    return this.count > 0;
  }

  take(chunk: ChatChunk): void {
    // There is one answer in this dialect.
    if (chunk.choice !== 0) return;
    const { event } = chunk;
    if (event?.$case !== "toolCall") this.beginWaiting(() => true);
    switch (event?.$case) {
      case "text":
        this.text(event.value);
        break;
      case "toolCall":
        this.toolCall(event.value);
        break;
      case "reasoning":
        this.reasoning(event.value);
        break;
      case "refusal":
        this.refused = true;
        this.text(event.value);
        break;
      case "audio":
        this.text(event.value.transcript);
        break;
      case "annotationsJson":
        this.annotations(event.value);
        break;
      case "start":
        this.native = event.value.dialect === Dialect.DIALECT_ANTHROPIC_MESSAGES;
        break;
      case "wire":
        if (event.value.dialect === Dialect.DIALECT_ANTHROPIC_MESSAGES) this.wire(event.value.json);
    }
    if (chunk.extraJson !== "" && event === undefined) this.images(chunk.extraJson);
  }

  /** Ends what is open or waits: nothing more comes. */
  end(): void {
    this.beginWaiting(() => true);
    this.endBlock();
  }

  private endBlock(): void {
    const { current } = this;
    if (current === undefined) return;
    this.current = undefined;
    if (current.seal !== undefined) this.sink.signature(current.index, current.seal);
    this.sink.close(current.index);
  }

  private open(kind: OpenBlock["kind"], number: number, block: Fields): OpenBlock {
    this.endBlock();
    const opened: OpenBlock = { kind, index: this.count++, number, seal: undefined };
    this.current = opened;
    const { fields } = this;
    this.fields = {};
    this.sink.open(opened.index, { ...fields, ...block });
    return opened;
  }

  private whole(block: Fields): void {
    this.endBlock();
    const index = this.count++;
    this.sink.open(index, block);
    this.sink.close(index);
  }

  private text(text: string): void {
    if (text === "") return;
    this.sink.text(this.textBlock(), text);
  }

  private textBlock(): number {
    if (this.current?.kind === "text") return this.current.index;
    this.lastText = this.open("text", 0, { type: "text", text: "" }).index;
    return this.lastText;
  }

  private reasoning(delta: ReasoningDelta): void {
    if (delta.redacted) {
      const data = this.native ? delta.signature : this.seal(delta);
      this.whole({ type: "redacted_thinking", data });
      return;
    }
    const { current } = this;
    const goesOn = current?.kind === "thinking" && current.number === delta.block;
    const block = goesOn ? current : this.openThinking(delta);
    if (delta.text !== "") this.sink.thinking(block.index, delta.text);
    if (this.native) {
      if (delta.signature !== "") this.sink.signature(block.index, delta.signature);
    } else if (delta.signature !== "" || delta.id !== "") block.seal = this.seal(delta);
  }

  private openThinking(delta: ReasoningDelta): OpenBlock {
    const block = this.open("thinking", delta.block, { type: "thinking", thinking: "", signature: "" });
    // Thinking without a proof says who thought it all the same: some providers want it back.
    if (!this.native) block.seal = this.seal({ ...delta, signature: "", id: "" });
    return block;
  }

  private seal({ id, signature, redacted }: Pick<ReasoningDelta, "id" | "signature" | "redacted">): string {
    return printCarried({ of: "thinking", provider: this.provider, id, signature, redacted });
  }

  private toolCall(delta: ToolCallDelta): void {
    const { current } = this;
    const another = current?.kind === "tool" && current.number !== delta.call;
    if (another && !this.native && (this.waiting.length > 0 || !isWhole(this.written))) {
      this.waiting.push(delta);
      return;
    }
    this.writeCall(delta);
    this.beginWaiting(() => isWhole(this.written));
  }

  /** Begins the calls that wait, one after the other, while `may` holds. */
  private beginWaiting(may: () => boolean): void {
    for (let next = this.waiting[0]; next !== undefined && may(); next = this.waiting[0]) {
      const { call } = next;
      const { waiting } = this;
      this.waiting = waiting.filter((delta) => delta.call !== call);
      for (const delta of waiting) if (delta.call === call) this.writeCall(delta);
    }
  }

  private writeCall(delta: ToolCallDelta): void {
    let index = this.calls.get(delta.call);
    if (index === undefined) {
      this.written = "";
      this.sealCall(delta, delta.id);
      index = this.open("tool", delta.call, { type: "tool_use", id: delta.id, name: delta.name, input: {} }).index;
      this.calls.set(delta.call, index);
      this.callIds.set(delta.call, delta.id);
    }
    this.written += delta.argumentsJson;
    if (delta.argumentsJson !== "") this.sink.input(index, delta.argumentsJson);
    this.sealCall(delta, this.callIds.get(delta.call) ?? "");
  }

  /** The signature of a call has no field here; it goes beside the call, as thinking that nobody can read. */
  private sealCall({ signature }: ToolCallDelta, id: string): void {
    if (signature === "" || this.sealed.has(id)) return;
    this.sealed.add(id);
    const { provider } = this;
    const data = printCarried({ of: "call", provider, id, signature, redacted: true });
    this.whole({ type: "redacted_thinking", data });
  }

  private annotations(json: string): void {
    for (const citation of toCitations(json, this.native)) {
      const index = this.current?.kind === "text" || this.lastText < 0 ? this.textBlock() : this.lastText;
      this.sink.citation(index, citation);
    }
  }

  private images(json: string): void {
    if (this.native) return;
    for (const block of imageBlocks(json)) this.whole(block);
  }

  /** A block's own fields, where one begins, or a block of a kind that has no canonical form. */
  private wire(json: string): void {
    const { block } = parseExtra(json) as { readonly block?: Fields };
    if (block === undefined) return;
    const { type, ...fields } = block;
    if (type !== "text" && type !== "tool_use") {
      this.whole(block);
      return;
    }
    this.endBlock();
    this.fields = fields;
    // What is cited before the text's first word belongs to that text.
    this.lastText = -1;
  }
}

/** True for a call's input that cannot go on. */
function isWhole(json: string): boolean {
  if (!json.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(json);
    return true;
  } catch {
    // It waits for its rest, or for the end of the answer.
    return false;
  }
}

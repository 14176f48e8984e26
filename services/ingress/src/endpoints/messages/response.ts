import { Dialect, type FinishChunk, type StartChunk } from "@sluice/proto/chat/v1/chat";
import type { WholeAnswer } from "../../answer/printer.ts";
import { parseExtra } from "../chat-completions/response.ts";
import { AnswerBlocks, type BlockSink } from "./answer-blocks.ts";
import { toUsageBody } from "./usage.ts";
import { stopReason } from "./words.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Gathers blocks into the list that a whole answer holds. */
class BlockList implements BlockSink {
  readonly blocks: Record<string, unknown>[] = [];
  private readonly inputs = new Map<number, string>();

  open(index: number, block: Fields): void {
    this.blocks[index] = { ...block };
  }

  text(index: number, text: string): void {
    this.append(index, "text", text);
  }

  thinking(index: number, text: string): void {
    this.append(index, "thinking", text);
  }

  signature(index: number, signature: string): void {
    const block = this.blocks[index];
    if (block !== undefined) block["signature"] = signature;
  }

  input(index: number, json: string): void {
    this.inputs.set(index, (this.inputs.get(index) ?? "") + json);
  }

  citation(index: number, citation: unknown): void {
    const block = this.blocks[index];
    if (block === undefined) return;
    const { citations } = block;
    if (Array.isArray(citations)) citations.push(citation);
    else block["citations"] = [citation];
  }

  close(): void {}

  /** The blocks; the input of a tool is whole only now. */
  list(): readonly Fields[] {
    for (const [index, json] of this.inputs) {
      const block = this.blocks[index];
      if (block !== undefined) block["input"] = inputOf(json);
    }
    return this.blocks;
  }

  private append(index: number, field: string, text: string): void {
    const block = this.blocks[index];
    if (block !== undefined) block[field] = `${String(block[field])}${text}`;
  }
}

/** A tool's input is an object; what the model wrote instead is not ours to hide. */
function inputOf(json: string): unknown {
  if (json.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // The route lets such answers through, so the caller has to see what there is.
  }
  return { INVALID_JSON: json };
}

/** How an answer ended, in this dialect's fields; a provider of this dialect may have said more. */
export function endingFields(finish: FinishChunk | undefined, extra: Fields, refused: boolean): Fields {
  const { stop_details: details } = extra;
  return {
    stop_reason: stopReason(finish, refused),
    stop_sequence: finish === undefined || finish.stopSequence === "" ? null : finish.stopSequence,
    ...(details !== undefined && { stop_details: details }),
  };
}

/** What a message says of itself before its content. Fields of a provider of this dialect stay beside them. */
export function headFields(start: StartChunk | undefined, source: Pick<WholeAnswer, "requestId" | "head">): Fields {
  const native = start?.dialect === Dialect.DIALECT_ANTHROPIC_MESSAGES;
  return {
    ...(native ? parseExtra(start.extraJson) : {}),
    // Ids of other dialects look otherwise, and some clients look at them.
    id: (native && start.id) || `msg_${source.requestId.replace(/^req_/, "")}`,
    type: "message",
    role: "assistant",
    model: start?.model || source.head.model,
  };
}

/** Prints a whole answer as Anthropic's message, its blocks in the order in which they came. */
export function printMessage(source: WholeAnswer): string {
  const { answer, chunks, head, summary } = source;
  const start = answer.start();
  const native = start?.dialect === Dialect.DIALECT_ANTHROPIC_MESSAGES;
  const list = new BlockList();
  const blocks = new AnswerBlocks(list, head.provider);
  for (const chunk of chunks) blocks.take(chunk);
  blocks.end();
  const choice = answer.answers().find(({ index }) => index === 0);
  return JSON.stringify({
    ...headFields(start, source),
    content: list.list(),
    ...endingFields(choice?.finish, native ? (choice?.extra ?? {}) : {}, blocks.refused),
    usage: toUsageBody(summary.usage ?? answer.usage(), native, start?.serviceTier ?? ""),
  });
}

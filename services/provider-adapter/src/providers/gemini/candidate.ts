import { type ChatChunk, Dialect } from "@sluice/proto/chat/v1/chat";
import type { PartialArguments } from "./partial-arguments.ts";

/** What is known of one candidate between two events. Private to the files that read an answer. */
export interface Candidate {
  readonly index: number;
  /** True once anything of an answer came: text, thoughts, calls, media. */
  content: boolean;
  calls: number;
  /** A call whose arguments are still arriving. */
  open: { readonly call: number; readonly args: PartialArguments } | undefined;
  blocks: number;
  thinking: boolean;
  /** The text so far, to find cited passages in. */
  text: string;
  finish: string | undefined;
  /** Everything that came beside its content, as it was; the last of each name counts. */
  wireBeside: Record<string, unknown> | undefined;
  /** Facts about the candidate that come beside its content; the last of each name counts. */
  beside: Record<string, unknown> | undefined;
}

/** A candidate before its first event. */
export function newCandidate(index: number): Candidate {
  return {
    index,
    content: false,
    calls: 0,
    open: undefined,
    blocks: 0,
    thinking: false,
    text: "",
    finish: undefined,
    beside: undefined,
    wireBeside: undefined,
  };
}

/** What only callers of this very dialect can be shown, where it stands. */
export function wireChunk(choice: number, thing: Readonly<Record<string, unknown>>): ChatChunk {
  return chunk(choice, { $case: "wire", value: { dialect: Dialect.DIALECT_GEMINI, json: JSON.stringify(thing) } });
}

/** A chunk of one choice. */
export function chunk(choice: number, event: ChatChunk["event"], extraJson = ""): ChatChunk {
  return { choice, event, extraJson };
}

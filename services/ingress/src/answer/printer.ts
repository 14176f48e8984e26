import type { Accumulator } from "@sluice/platform/chat";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { RouteHead, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { StreamForm } from "../http/event-stream.ts";

/** What is known of an answer when its first message has come. */
export interface AnswerOpening {
  readonly requestId: string;
  /** Epoch seconds at which the request arrived, for providers that give no time. */
  readonly receivedAtS: number;
  readonly head: RouteHead;
}

/** What a whole answer is printed from. */
export interface WholeAnswer extends AnswerOpening {
  /** Everything that came, in order. */
  readonly chunks: readonly ChatChunk[];
  /** The same, put together by choice. */
  readonly answer: Accumulator;
  readonly summary: RouteSummary;
}

/** Prints one streamed answer, piece by piece: a private state and a step per run of chunks. */
export interface PiecePrinter {
  /** True once something was printed that a reader would call content, or a choice has ended. */
  readonly hasContent: boolean;
  /** What became known together, as one text for one write; may be empty. */
  print(chunks: readonly ChatChunk[]): string;
  /** The end of the answer; a promise where something has to be kept of it first. */
  finish(summary: RouteSummary): string | Promise<string>;
  /** What ends the answer after a failure that came when its headers had gone out. */
  fail(failure: StreamFailure): string;
}

/** A failure that can only be told inside the stream. */
export interface StreamFailure {
  /** The body the dialect's errors have. */
  readonly body: unknown;
  /** Status the error would have had. */
  readonly status: number;
}

/** How one dialect writes answers. */
export interface AnswerPrinter {
  /** The body of a whole answer; a promise where something has to be kept of it first. */
  whole(source: WholeAnswer): string | Promise<string>;
  /** Opens a streamed answer. */
  open(opening: AnswerOpening): PiecePrinter;
  /** What ends a stream that fails before its first message has come, its headers having gone out. */
  fail(failure: StreamFailure): string;
  /** How its streams lie in HTTP; server-sent events by default. */
  readonly form?: StreamForm;
}

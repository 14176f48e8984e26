import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import type { RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { AnswerOpening, AnswerPrinter, PiecePrinter, StreamFailure } from "../../answer/printer.ts";
import { sluiceFacts } from "../../facts/x-sluice.ts";
import type { StreamForm } from "../../http/event-stream.ts";
import { AnswerBuilder, printAnswer } from "./response.ts";

/** How the pieces of a streamed answer lie in its body. */
interface Frame {
  /** Text around one piece; `first` is true for the first one. */
  wrap(json: string, first: boolean): string;
  /** What closes the body after its last piece. */
  readonly end: string;
  readonly form?: StreamForm;
}

/** Server-sent events, asked for by `?alt=sse`. */
const EVENTS: Frame = { wrap: (json) => `data: ${json}\r\n\r\n`, end: "" };

/** One JSON list that grows; white space means nothing in it. */
const LIST: Frame = {
  wrap: (json, first) => (first ? `[${json}` : `,\r\n${json}`),
  end: "\r\n]\r\n",
  form: { contentType: "application/json; charset=utf-8", waiting: "\n", keepAlive: "\n" },
};

/** Prints canonical chunks as the pieces of Google's streams. How candidates ended is kept back until the summary is known. */
class StreamPrinter implements PiecePrinter {
  private readonly opening: AnswerOpening;
  private readonly frame: Frame;
  private readonly builder: AnswerBuilder;
  private first = true;

  constructor(opening: AnswerOpening, frame: Frame) {
    this.opening = opening;
    this.frame = frame;
    this.builder = new AnswerBuilder(opening);
  }

  get hasContent(): boolean {
    return this.builder.hasContent;
  }

  print(chunks: readonly ChatChunk[]): string {
    for (const chunk of chunks) this.builder.push(chunk);
    const piece = this.builder.piece();
    return piece === undefined ? "" : this.wrap(piece);
  }

  finish(summary: RouteSummary): string {
    const { requestId, head } = this.opening;
    const facts = sluiceFacts(requestId, head, summary);
    return this.wrap({ ...this.builder.rest(summary.usage), x_sluice: facts }) + this.frame.end;
  }

  fail({ body }: StreamFailure): string {
    return this.wrap(body) + this.frame.end;
  }

  private wrap(piece: unknown): string {
    const { first } = this;
    this.first = false;
    return this.frame.wrap(JSON.stringify(piece), first);
  }
}

/** How answers to Gemini's clients are written; streams are events, or one JSON list. */
export function geminiPrinter(events: boolean): AnswerPrinter {
  const frame = events ? EVENTS : LIST;
  return {
    whole: printAnswer,
    open: (opening) => new StreamPrinter(opening, frame),
    fail: ({ body }) => frame.wrap(JSON.stringify(body), true) + frame.end,
    ...(frame.form && { form: frame.form }),
  };
}

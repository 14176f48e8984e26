import { fromErrorDetail } from "@sluice/platform/errors";
import type { ChunkBatch, RouteHead, RouteResponse, RouteSummary } from "@sluice/proto/router/v1/router_service";
import type { Door } from "../door.ts";
import type { Exchange } from "../exchange.ts";
import { answerHeaders } from "../facts/headers.ts";
import { noteHead, noteSummary } from "../facts/note.ts";
import { endingOf } from "../http/ending.ts";
import { EventStream } from "../http/event-stream.ts";
import { brokenAnswer } from "./answer-plain.ts";
import type { AnswerPrinter, PiecePrinter, StreamFailure } from "./printer.ts";

/**
 * Passes the answer on as server-sent events. Headers wait for the first content, so that an earlier failure is a
 * proper HTTP error, but not for ever; a later failure is told in the dialect's way, and no finish follows it.
 * @throws whatever failed before the headers
 */
export async function answerStream(
  door: Door,
  exchange: Exchange,
  messages: AsyncIterable<RouteResponse>,
  printer: AnswerPrinter,
): Promise<void> {
  const times = { firstByteMs: door.config.first_byte_ms, silenceMs: door.config.stream_silence_ms };
  const stream = new EventStream(exchange, times, printer.form);
  const streamed = new StreamedAnswer(door, exchange, stream, printer);
  try {
    await streamed.run(messages);
  } catch (thrown) {
    const error = endingOf(exchange, thrown);
    if (!stream.hasHeaders) throw error;
    exchange.facts.errorCode = error.code;
    exchange.facts.error = error;
    // The answer was complete; what failed afterwards is for the log alone.
    if (exchange.reply.raw.writableEnded) return;
    stream.end(streamed.failure(exchange.errors.print(error, exchange.requestId)));
  } finally {
    stream.close();
  }
}

class StreamedAnswer {
  private readonly door: Door;
  private readonly exchange: Exchange;
  private readonly stream: EventStream;
  private readonly answers: AnswerPrinter;
  private head: RouteHead | undefined;
  private printer: PiecePrinter | undefined;
  private summary: RouteSummary | undefined;
  /** Events printed before there was content. */
  private held = "";

  constructor(door: Door, exchange: Exchange, stream: EventStream, answers: AnswerPrinter) {
    this.door = door;
    this.exchange = exchange;
    this.stream = stream;
    this.answers = answers;
  }

  async run(messages: AsyncIterable<RouteResponse>): Promise<void> {
    for await (const { message } of messages) {
      if (message?.$case === "batch") {
        const written = this.takeBatch(message.value);
        if (written !== undefined) await written;
      } else if (message?.$case === "head") this.takeHead(message.value);
      else if (message?.$case === "summary" && this.summary === undefined) {
        this.summary = noteSummary(this.exchange, message.value);
        // What the router still has to report does not keep the caller waiting.
        if (this.summary.error === undefined) await this.finish();
      }
    }
    if (this.summary === undefined) throw brokenAnswer();
    if (this.summary.error !== undefined) throw fromErrorDetail(this.summary.error);
  }

  /** What tells the caller of a failure once the headers are gone; what was printed before it comes first, since its events may be numbered. */
  failure(failure: StreamFailure): string {
    const before = this.stream.isOpen ? "" : this.held;
    return before + (this.printer ?? this.answers).fail(failure);
  }

  private takeHead(head: RouteHead): void {
    const { requestId, receivedAtMs } = this.exchange;
    this.head = noteHead(this.exchange, head);
    const receivedAtS = Math.floor(receivedAtMs / 1_000);
    this.printer = this.answers.open({ requestId, receivedAtS, head });
  }

  private takeBatch(batch: ChunkBatch): Promise<void> | undefined {
    const { head, printer } = this;
    if (head === undefined || printer === undefined) throw brokenAnswer();
    const text = printer.print(batch.chunks);
    if (!this.stream.isOpen) {
      this.held += text;
      if (!printer.hasContent) return undefined;
      this.stream.open(answerHeaders(head, undefined));
      return this.write(this.held);
    }
    return text === "" ? undefined : this.write(text);
  }

  private write(text: string): Promise<void> | undefined {
    this.door.meters.streamWrites.add();
    return this.stream.write(text);
  }

  private async finish(): Promise<void> {
    const { head, printer, summary } = this;
    if (head === undefined || printer === undefined || summary === undefined) throw brokenAnswer();
    const rest = await printer.finish(summary);
    if (this.stream.isOpen) {
      this.stream.end(rest);
      return;
    }
    this.stream.open(answerHeaders(head, summary.costNanousd));
    this.stream.end(this.held + rest);
  }
}

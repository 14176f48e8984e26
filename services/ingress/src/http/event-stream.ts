import type { ServerResponse } from "node:http";
import { SluiceError } from "@sluice/platform/errors";
import type { Exchange } from "../exchange.ts";

/** How a streamed answer lies in HTTP. */
export interface StreamForm {
  readonly contentType: string;
  /** Written before there is content, so that nobody gives up; must mean nothing to the reader. */
  readonly waiting: string;
  /** Written through silence between two pieces of content. */
  readonly keepAlive: string;
}

/** Server-sent events; their comments mean nothing. */
export const EVENT_STREAM: StreamForm = {
  contentType: "text/event-stream; charset=utf-8",
  waiting: ": waiting\n\n",
  keepAlive: ": keep-alive\n\n",
};

export interface StreamTimes {
  /** Time from the request's arrival after which headers go out although there is no content yet. */
  readonly firstByteMs: number;
  /** Silence after which the stream gets a sign of life. */
  readonly silenceMs: number;
}

/** A response in pieces, server-sent events unless its form says otherwise: opened late, written with back-pressure, kept alive through silence. */
export class EventStream {
  private readonly exchange: Exchange;
  private readonly times: StreamTimes;
  private readonly form: StreamForm;
  private readonly raw: ServerResponse;
  private timer: NodeJS.Timeout;
  private headed = false;
  private opened = false;

  constructor(exchange: Exchange, times: StreamTimes, form = EVENT_STREAM) {
    this.exchange = exchange;
    this.times = times;
    this.form = form;
    this.raw = exchange.reply.raw;
    const elapsedMs = performance.now() - exchange.startedAt;
    this.timer = setTimeout(this.wait, Math.max(0, times.firstByteMs - elapsedMs));
  }

  /** True once there was content. */
  get isOpen(): boolean {
    return this.opened;
  }

  /** True once headers are on their way: from then on a failure can only be told inside the stream. */
  get hasHeaders(): boolean {
    return this.headed;
  }

  /** Sends the headers, unless they are gone already, together with the first write. */
  open(headers: Readonly<Record<string, string>>): void {
    const { facts, startedAt } = this.exchange;
    if (!this.headed) this.sendHeaders(headers);
    this.opened = true;
    facts.firstByteMs = performance.now() - startedAt;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.keepAlive, this.times.silenceMs);
  }

  private sendHeaders(headers: Readonly<Record<string, string>>): void {
    const { reply } = this.exchange;
    this.headed = true;
    reply.hijack();
    this.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      ...headers,
      "content-type": this.form.contentType,
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
  }

  /** Writes one or more complete events; waits when the client reads slower than the provider writes. */
  write(text: string): Promise<void> | undefined {
    this.timer.refresh();
    if (this.raw.write(text)) return undefined;
    return this.drained();
  }

  /** Ends the response after the last events. */
  end(text: string): void {
    this.close();
    this.raw.end(text);
  }

  /** Stops keeping the stream alive; safe to call twice. */
  close(): void {
    clearTimeout(this.timer);
  }

  /** Somebody who hears nothing for long gives up, or has a proxy in between that does. */
  private readonly wait = (): void => {
    if (!this.headed) this.sendHeaders({});
    if (!this.raw.writableNeedDrain) this.raw.write(this.form.waiting);
    this.timer = setTimeout(this.wait, this.times.firstByteMs);
  };

  private readonly keepAlive = (): void => {
    // A client that does not even take what is there needs no sign of life.
    if (!this.raw.writableNeedDrain) this.raw.write(this.form.keepAlive);
    this.timer.refresh();
  };

  private drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { raw } = this;
      const { signal } = this.exchange.abort;
      const done = (): void => {
        raw.off("drain", done);
        signal.removeEventListener("abort", done);
        if (signal.aborted) reject(SluiceError.from(signal.reason));
        else resolve();
      };
      raw.on("drain", done);
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }
}

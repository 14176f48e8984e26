import type { ServerResponse } from "node:http";
import { SluiceError } from "@sluice/platform/errors";
import type { Exchange } from "../exchange.ts";

const KEEP_ALIVE = ": keep-alive\n\n";

/** A response of server-sent events: opened late, written with back-pressure, kept alive through silence. */
export class EventStream {
  private readonly exchange: Exchange;
  private readonly silenceMs: number;
  private readonly raw: ServerResponse;
  private timer: NodeJS.Timeout | undefined;

  constructor(exchange: Exchange, silenceMs: number) {
    this.exchange = exchange;
    this.silenceMs = silenceMs;
    this.raw = exchange.reply.raw;
  }

  /** True once headers are on their way: from then on a failure can only be told inside the stream. */
  get isOpen(): boolean {
    return this.timer !== undefined;
  }

  /** Sends the headers together with the first write. */
  open(headers: Readonly<Record<string, string>>): void {
    const { reply, facts, startedAt } = this.exchange;
    reply.hijack();
    this.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      ...headers,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
    facts.firstByteMs = performance.now() - startedAt;
    this.timer = setTimeout(this.keepAlive, this.silenceMs);
  }

  /** Writes one or more complete events; waits when the client reads slower than the provider writes. */
  write(text: string): Promise<void> | undefined {
    this.timer?.refresh();
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
    if (this.timer !== undefined) clearTimeout(this.timer);
  }

  private readonly keepAlive = (): void => {
    // A client that does not even take what is there needs no sign of life.
    if (!this.raw.writableNeedDrain) this.raw.write(KEEP_ALIVE);
    this.timer?.refresh();
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

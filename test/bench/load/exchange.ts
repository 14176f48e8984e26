import type { Client, Dispatcher } from "undici";
import { STREAM_DELTAS } from "../plan.ts";
import type { Job } from "./job.ts";

/** How one request went; times in milliseconds. */
export interface Exchange {
  readonly totalMs: number;
  readonly firstByteMs: number;
  readonly deltas: number;
  readonly error: string | undefined;
}

const BODY_SHOWN = 300;
const EVENT = Buffer.from("\n\n");
const LINE_FEED = 0x0a;
const STREAM_END = Buffer.from("data: [DONE]\n\n");
/** A plain answer must carry this, or it is not one. */
const PLAIN_MARK = '"finish_reason":"';

/** Sends the request of the job once, and reads and checks its answer. Never rejects: what goes wrong is in the result. */
export function exchange(client: Client, job: Job): Promise<Exchange> {
  return new Promise((resolve) => {
    client.dispatch(
      {
        method: "POST",
        path: "/v1/chat/completions",
        headers: { authorization: `Bearer ${job.apiKey}`, "content-type": "application/json", ...job.headers },
        body: job.body,
      },
      new AnswerReader(job.stream, resolve),
    );
  });
}

class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #stream: boolean;
  readonly #done: (result: Exchange) => void;
  readonly #startedMs = performance.now();
  #firstByteMs = 0;
  #status = 0;
  #events = 0;
  #tail = Buffer.alloc(0);
  #kept: Buffer[] = [];

  constructor(stream: boolean, done: (result: Exchange) => void) {
    this.#stream = stream;
    this.#done = done;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#firstByteMs === 0) this.#firstByteMs = performance.now() - this.#startedMs;
    if (!this.#stream || this.#status !== 200) this.#kept.push(chunk);
    else {
      this.#events += countEvents(chunk, this.#tail.at(-1) === LINE_FEED);
      this.#tail = Buffer.concat([this.#tail, chunk.subarray(-STREAM_END.length)]).subarray(-STREAM_END.length);
    }
  }

  onResponseEnd(): void {
    this.#end(this.#problem());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end(`${error.name}: ${error.message}`);
  }

  #problem(): string | undefined {
    const text = Buffer.concat(this.#kept).toString();
    if (this.#status !== 200) return `HTTP ${this.#status}: ${text.slice(0, BODY_SHOWN)}`;
    if (this.#stream) return STREAM_END.equals(this.#tail) ? undefined : `the stream ended with ${this.#tail}`;
    return text.includes(PLAIN_MARK) ? undefined : `not a whole answer: ${text.slice(0, BODY_SHOWN)}`;
  }

  #end(error: string | undefined): void {
    const totalMs = performance.now() - this.#startedMs;
    // The other events name the role, finish the answer and mark the end.
    const deltas = Math.min(this.#events, STREAM_DELTAS);
    this.#done({ totalMs, firstByteMs: this.#firstByteMs, deltas, error });
  }
}

/** Events that end in this chunk, also one whose first line feed was the last byte before it. */
function countEvents(chunk: Buffer, afterLineFeed: boolean): number {
  let count = afterLineFeed && chunk[0] === LINE_FEED ? 1 : 0;
  for (let at = chunk.indexOf(EVENT); at >= 0; at = chunk.indexOf(EVENT, at + EVENT.length)) count++;
  return count;
}

import type { ServerResponse } from "node:http";
import type { Generated, OpenBill } from "../bills/open-bill.ts";
import type { Schedule } from "./schedule.ts";
import type { Step } from "./steps.ts";

/** Chunks that go out in one write when they are due at the same time. */
const CHUNKS_PER_WRITE = 32;

export interface StreamPlay {
  readonly response: ServerResponse;
  readonly steps: Iterator<Step>;
  readonly schedule: Schedule;
  readonly bill: OpenBill;
  /** Billed when the client leaves early; undefined = what was generated until then. */
  readonly billedOnLeave?: Generated | undefined;
}

/** Plays the steps of one streamed answer in time. The response's head is already written. */
export function playStream(play: StreamPlay): void {
  new StreamPlayer(play).pump();
}

class StreamPlayer {
  readonly #play: StreamPlay;
  readonly #startedMs = performance.now();
  #waiting: Step | undefined;
  #timer: NodeJS.Timeout | undefined;
  #buffer = "";
  #buffered = 0;
  #tokens = 0;
  #reasoningTokens = 0;

  constructor(play: StreamPlay) {
    this.#play = play;
    play.response.on("drain", () => this.pump());
    play.response.once("close", () => {
      clearTimeout(this.#timer);
      play.bill.settle("client_closed", play.billedOnLeave ?? this.#generated());
    });
  }

  /** Writes everything that is due, then arranges to be called again. */
  pump(): void {
    const { response, schedule } = this.#play;
    if (response.destroyed || response.writableEnded) return;
    while (true) {
      const step = this.#waiting ?? this.#next();
      if (step?.kind !== "chunk") {
        this.#finish(step);
        return;
      }
      if (!schedule.unpaced) {
        // A chunk of several tokens is due with its last one.
        const due = schedule.dueMs(this.#tokens + Math.max(step.tokens, 1) - 1);
        const waitMs = due - (performance.now() - this.#startedMs);
        if (waitMs > 0) {
          this.#sleep(step, waitMs);
          return;
        }
      }
      this.#waiting = undefined;
      this.#take(step);
      if (this.#buffered >= CHUNKS_PER_WRITE && !this.#flush()) return;
    }
  }

  #next(): Step | undefined {
    const result = this.#play.steps.next();
    return result.done === true ? undefined : result.value;
  }

  #take(step: Step & { kind: "chunk" }): void {
    this.#buffer += step.text;
    this.#buffered++;
    this.#tokens += step.tokens;
    this.#reasoningTokens += step.reasoningTokens;
  }

  #sleep(step: Step, waitMs: number): void {
    this.#waiting = step;
    if (!this.#flush()) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.pump(), waitMs);
  }

  /** @returns false if the reader is behind; `drain` then goes on. */
  #flush(): boolean {
    if (this.#buffer === "") return true;
    const text = this.#buffer;
    this.#buffer = "";
    this.#buffered = 0;
    return this.#play.response.write(text);
  }

  #finish(step: Exclude<Step, { kind: "chunk" }> | undefined): void {
    const { response, bill } = this.#play;
    if (step?.kind === "stall") {
      // Kept waiting, so that a later `drain` stalls again instead of ending the stream.
      this.#waiting = step;
      this.#flush();
    } else if (step?.kind === "cut") {
      bill.settle("cut", this.#generated());
      this.#cut();
    } else {
      // A failure before the first token is one before generation: it costs nothing.
      if (step !== undefined && this.#tokens === 0) bill.promptTokens = 0;
      // Settled before the last byte leaves: whoever has the whole answer can rely on the bill being there.
      bill.settle(step === undefined ? "completed" : "error", this.#generated());
      response.end(this.#buffer + (step?.text ?? ""));
    }
  }

  /** What was written before the cut must reach the client, so the connection dies after the write. */
  #cut(): void {
    const { response } = this.#play;
    if (this.#buffer === "") response.flushHeaders();
    response.write(this.#buffer === "" ? ": \n" : this.#buffer, () => response.destroy());
  }

  #generated(): Generated {
    return { completionTokens: this.#tokens, reasoningTokens: this.#reasoningTokens };
  }
}

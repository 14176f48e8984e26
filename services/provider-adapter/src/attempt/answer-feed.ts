import { SluiceError } from "@sluice/platform/errors";
import type { ChatChunk } from "@sluice/proto/chat/v1/chat";
import { createEventCutter, type EventCutter } from "../http/event-cutter.ts";
import type { AnswerReader, AnswerState, Framing } from "../provider.ts";

/** Feeds the bytes of a streamed answer to its provider's reader, however the network cut them. */
export class AnswerFeed {
  readonly #reader: AnswerReader;
  readonly #cutter: EventCutter;
  #chunks: ChatChunk[] = [];

  /** `lineLength` bounds a line and an event, in characters. */
  constructor(reader: AnswerReader, lineLength: number, framing: Framing = "sse") {
    this.#reader = reader;
    this.#cutter = createEventCutter(framing, lineLength);
  }

  /**
   * Appends the chunks of the next bytes, or of the stream's end if there are none; true once the answer is over.
   * @throws upstream_bad_response when an event cannot be read; what came before it has been appended
   */
  push(bytes: Uint8Array | undefined, into: ChatChunk[]): boolean {
    const reader = this.#reader;
    this.#chunks = into;
    if (bytes === undefined) this.#cutter.end(this.#onEvent);
    else this.#cutter.push(bytes, this.#onEvent);
    const over = bytes === undefined || reader.ended || reader.error !== undefined;
    if (over) reader.end(into);
    return over;
  }

  readonly #onEvent = (name: string, data: string, complete: boolean): void => {
    // Some senders leave out the blank lines between events: then each line must be whole by itself.
    const whole = complete || isWhole(data) || data.split("\n").every(isWhole);
    if (whole) this.#reader.step(name, data, this.#chunks);
  };
}

function isWhole(data: string): boolean {
  if (data.trim() === "[DONE]") return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    // The stream was cut inside this event: the cut is the fault, not the event.
    return false;
  }
}

/**
 * What is only known at the end, of a stream whose reading failed after its finish reason: it has brought everything, a broken connection
 * or a malformed trailer notwithstanding.
 * @throws what failed, if the answer was not complete
 */
export function endOfBroken(reader: AnswerReader, thrown: unknown): ChatChunk[] {
  if (!reader.finished || reader.error !== undefined) throw thrown;
  const rest: ChatChunk[] = [];
  reader.end(rest);
  return rest;
}

/** Why an answer that was read to its end is a failure: the provider said so inside it, or it stopped before it was complete. */
export function failureIn(answer: AnswerState, provider: string, upstreamStatus: number): SluiceError | undefined {
  if (answer.error !== undefined || answer.finished) return answer.error;
  return new SluiceError("upstream_unavailable", `The answer of ${provider} ended before it was complete.`, {
    details: { provider, upstreamStatus },
  });
}

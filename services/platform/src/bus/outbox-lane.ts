import type { BusLog } from "./bus-log.ts";
import { backoffMs } from "./consumer-runner.ts";
import { factHeaders } from "./jetstream-message.ts";
import { type EventType, type StreamName, subjectOf } from "./subjects.ts";
import type { Wire, WireMessage } from "./wire.ts";

/** A fact in the outbox, in the order it was published. */
export interface OutboxRow {
  readonly sequence: number;
  readonly type: EventType;
  readonly id: string;
  readonly tenant: string;
  readonly traceparent: string | null;
  readonly json: string;
}

export interface LaneOptions {
  readonly stream: StreamName;
  readonly log: BusLog;
  /** Rows behind a sequence, in order. */
  readonly load: (after: number, limit: number) => OutboxRow[];
  /** The stream has stored everything up to this sequence. */
  readonly onStored: (through: number) => void;
}

interface Sending extends OutboxRow {
  state: "waiting" | "sent" | "stored";
}

/** Facts of one lane on their way at once. */
const WINDOW = 512;
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Sends one stream's facts in order, many at once. After a refusal or a silence nothing new leaves until every answer
 * is in; then it starts again at the first fact that is not stored, and the server drops what it has already.
 */
export class OutboxLane {
  readonly #options: LaneOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #bySequence = new Map<number, Sending>();
  #window: Sending[] = [];
  /** Highest sequence in the file, and highest taken into the window. */
  #last = 0;
  #loaded = 0;
  #wire: Wire | undefined;
  #inbox = "";
  #unsubscribe: (() => void) | undefined;
  #unanswered = 0;
  #heardAt = 0;
  #failures = 0;
  #pausedUntil = 0;

  constructor(options: LaneOptions, last: number) {
    this.#options = options;
    this.#last = last;
    this.#timer = setInterval(() => this.#watch(), 250);
    this.#timer.unref();
  }

  /** A row was committed to the file. */
  added(row: OutboxRow): void {
    const caughtUp = this.#loaded === this.#last;
    this.#last = row.sequence;
    // The usual case needs no reading back from the file.
    if (caughtUp && this.#window.length < WINDOW) this.#take(row);
    this.#send();
  }

  up(wire: Wire): void {
    this.#wire = wire;
    this.#inbox = wire.inbox();
    this.#unsubscribe = wire.subscribe(`${this.#inbox}.*`, (message) => this.#answered(message));
    this.#restart(0);
    this.#send();
  }

  down(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#wire = undefined;
    this.#restart(0);
  }

  close(): void {
    clearInterval(this.#timer);
    this.down();
  }

  #take(row: OutboxRow): void {
    const sending: Sending = { ...row, state: "waiting" };
    this.#window.push(sending);
    this.#bySequence.set(row.sequence, sending);
    this.#loaded = row.sequence;
  }

  #send(): void {
    if (!this.#wire || this.#pausedUntil > 0) return;
    if (this.#window.length < WINDOW / 2 && this.#loaded < this.#last) {
      for (const row of this.#options.load(this.#loaded, WINDOW - this.#window.length)) this.#take(row);
    }
    for (const row of this.#window.slice(this.#firstWaiting())) {
      if (row.state === "waiting") this.#sendOne(this.#wire, row);
    }
  }

  /** Waiting rows are at the end except after a restart, so looking backwards is short. */
  #firstWaiting(): number {
    if (this.#failures > 0 || this.#unanswered === 0) return 0;
    let index = this.#window.length;
    while (index > 0 && this.#window[index - 1]?.state === "waiting") index--;
    return index;
  }

  #sendOne(wire: Wire, row: Sending): void {
    if (this.#unanswered === 0) this.#heardAt = performance.now();
    row.state = "sent";
    this.#unanswered += 1;
    const reply = `${this.#inbox}.${row.sequence}`;
    wire.publish(subjectOf(row.type, row.tenant), row.json, { reply, headers: factHeaders(row) });
  }

  #answered(message: WireMessage): void {
    const row = this.#bySequence.get(Number(message.subject.slice(this.#inbox.length + 1)));
    if (!row || row.state === "stored") return;
    if (row.state === "sent") this.#unanswered -= 1;
    this.#heardAt = performance.now();
    const refusal = refusalOf(message);
    if (refusal === undefined) {
      row.state = "stored";
      this.#confirm();
    } else {
      row.state = "waiting";
      this.#refused(refusal);
    }
    this.#send();
  }

  #confirm(): void {
    let count = 0;
    while (this.#window[count]?.state === "stored") count++;
    const last = this.#window[count - 1];
    if (!last) return;
    for (const { sequence } of this.#window.splice(0, count)) this.#bySequence.delete(sequence);
    this.#failures = 0;
    this.#options.onStored(last.sequence);
  }

  #refused(reason: string): void {
    if (this.#pausedUntil > 0) return;
    this.#failures += 1;
    const { stream, log } = this.#options;
    if (this.#failures === 1) log.warn({ stream, reason }, "stream refused facts; they wait in the outbox");
    this.#pausedUntil = performance.now() + backoffMs(this.#failures);
  }

  #watch(): void {
    const now = performance.now();
    if (this.#unanswered > 0 && now - this.#heardAt > ANSWER_TIMEOUT_MS) {
      this.#refused("no answer");
      this.#restart(this.#pausedUntil);
    }
    if (this.#pausedUntil === 0 || now < this.#pausedUntil || this.#unanswered > 0) return;
    this.#pausedUntil = 0;
    this.#send();
  }

  #restart(pausedUntil: number): void {
    for (const row of this.#window) if (row.state === "sent") row.state = "waiting";
    this.#unanswered = 0;
    this.#pausedUntil = pausedUntil;
  }
}

function refusalOf(message: WireMessage): string | undefined {
  if (message.status !== 0) return `status ${message.status}`;
  const answer = JSON.parse(message.text()) as { readonly error?: { readonly description?: string } };
  return answer.error && (answer.error.description ?? "refused");
}

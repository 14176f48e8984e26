import type { Clock } from "../http/watchdog.ts";

/** How much of an answer whose caller left is read for its exact usage. */
export interface DrainLimits {
  readonly timeoutMs: number;
  /** Bytes of wire data. */
  readonly maxBytes: number;
}

/** Watches the rest of an answer that nobody waits for: past its time or size it is given up, once. */
export class DrainGuard {
  readonly #limits: DrainLimits;
  readonly #onExceeded: (reason: string) => void;
  readonly #cancel: () => void;
  #bytes = 0;

  /** `onExceeded` gets the end of a sentence that begins with "The caller left, and". */
  constructor(limits: DrainLimits, clock: Clock, onExceeded: (reason: string) => void) {
    this.#limits = limits;
    this.#onExceeded = onExceeded;
    const { timeoutMs } = limits;
    this.#cancel = clock.after(timeoutMs, () => onExceeded(`the rest of its answer takes longer than ${timeoutMs} ms`));
  }

  /** Takes note of bytes that came since the caller left. */
  read(bytes: number): void {
    const { maxBytes } = this.#limits;
    if (this.#bytes > maxBytes) return;
    this.#bytes += bytes;
    if (this.#bytes <= maxBytes) return;
    this.#cancel();
    this.#onExceeded(`the rest of its answer is larger than ${maxBytes} bytes`);
  }

  stop(): void {
    this.#cancel();
  }
}

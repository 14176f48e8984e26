import type { SluiceError } from "../errors/index.ts";
import type { CallContext } from "./types.ts";

/**
 * The serving side of one call: what the handler sees, and the switch that aborts it. The AbortController is made
 * on first use, because most handlers never look at it and it costs more than the rest of a local call.
 */
export class CallScope implements CallContext {
  readonly metadata: Readonly<Record<string, string>>;
  readonly deadlineAt?: number;
  private controller: AbortController | undefined;
  private reason: SluiceError | undefined;
  private finished = false;

  constructor(metadata: Readonly<Record<string, string>>, deadlineAt: number | undefined) {
    this.metadata = metadata;
    if (deadlineAt !== undefined) this.deadlineAt = deadlineAt;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.reason !== undefined) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  get aborted(): boolean {
    return this.reason !== undefined;
  }

  /** True until the handler has answered or was aborted. */
  get open(): boolean {
    return !this.finished && this.reason === undefined;
  }

  /** Aborts the handler's signal with the reason the caller gets; without effect after `finish`. */
  abort(reason: SluiceError): void {
    if (this.finished || this.reason !== undefined) return;
    this.reason = reason;
    this.controller?.abort(reason);
  }

  /** The handler has answered: whatever the caller does from now on is no cancellation. */
  finish(): void {
    this.finished = true;
  }
}

import { SluiceError } from "@sluice/platform/errors";
import type { GenerateResponse } from "@sluice/proto/provider/v1/provider_service";

/** Messages that may wait for a slow caller before the reading side is asked to wait. */
const ROOMY = 64;

interface Waiter {
  resolve(message: GenerateResponse | undefined): void;
  reject(error: SluiceError): void;
}

/**
 * What lies between the one who reads the provider and the one who is served. The caller may leave at any time
 * without the reader noticing more than that nobody takes its messages.
 */
export class Outlet {
  #queue: GenerateResponse[] = [];
  #taken = 0;
  #waiter: Waiter | undefined;
  #room: (() => void) | undefined;
  #closed = false;
  #left = false;
  #error: SluiceError | undefined;

  push(message: GenerateResponse): void {
    if (this.#left || this.#closed) return;
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#queue.push(message);
      return;
    }
    this.#waiter = undefined;
    waiter.resolve(message);
  }

  /** Ends the messages: well, or with an error that the caller sees after what was pushed before. */
  close(error?: SluiceError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    if (error === undefined) this.#waiter?.resolve(undefined);
    else this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  /** Something to wait for while the caller is behind; undefined when it is not. */
  room(): Promise<void> | undefined {
    if (this.#left || this.#queue.length - this.#taken < ROOMY) return undefined;
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** The next message, or undefined at the end. @throws whatever the reading side closed with */
  take(): Promise<GenerateResponse | undefined> | GenerateResponse {
    const message = this.#queue[this.#taken];
    if (message !== undefined) {
      this.#taken += 1;
      if (this.#taken === this.#queue.length) {
        this.#queue = [];
        this.#taken = 0;
      }
      if (this.#room !== undefined && this.#queue.length - this.#taken < ROOMY / 2) this.#freeRoom();
      return message;
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** The caller is gone: nothing is kept for it any more. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#queue = [];
    this.#taken = 0;
    this.#freeRoom();
    if (!this.#closed) this.close(new SluiceError("cancelled", "The caller of this attempt left."));
  }

  #freeRoom(): void {
    this.#room?.();
    this.#room = undefined;
  }
}

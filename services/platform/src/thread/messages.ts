import { type ErrorCode, type ErrorDetails, SluiceError } from "../errors/index.ts";

/** What a thread is started with. */
export interface ThreadStart {
  /** URL of `serve-thread.ts`. */
  readonly serve: string;
  /** URL of the module whose `open` is served. */
  readonly entry: string;
  /** Where compiled code is kept; undefined if it is not. */
  readonly compiled: string | undefined;
  readonly data: unknown;
}

/** From those who ask to the thread; without a question it is to end. */
export type ToThread = { readonly id: number; readonly question: unknown } | undefined;

/** From the thread: that it serves, or what came of a question. */
export type FromThread = { readonly id: number } & ({ readonly answer: unknown } | { readonly failure: Failure });

/** The id of the message that says that the thread serves, or why it cannot. */
export const READY = 0;

/** An error in a form that survives the way between threads. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly cause: unknown;
}

export function toFailure(thrown: unknown): Failure {
  const { code, message, details, cause } = SluiceError.from(thrown);
  // Of other things than errors nobody knows whether they can be copied.
  return { code, message, details, cause: cause instanceof Error ? new Error(cause.message) : undefined };
}

export function fromFailure({ code, message, details, cause }: Failure): SluiceError {
  return new SluiceError(code, message, { details, cause });
}

import { ERROR_TABLE, type ErrorCode, type ErrorRow } from "./table.ts";

/** Facts that travel with an error, next to its code and message; all optional. */
export interface ErrorDetails {
  /** The request field at fault, as the caller spelled it (`messages[0].content`). */
  readonly param?: string;
  /** How long to wait before the same call can succeed, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly provider?: string;
  /** The provider's own error code or type. */
  readonly providerCode?: string;
  /** HTTP status the provider answered with. */
  readonly upstreamStatus?: number;
  /** Start of the provider's answer, cut and with credentials redacted. */
  readonly upstreamBody?: string;
  /** Further scalar facts for the caller (account, limit, spent, held, …). */
  readonly facts?: Readonly<Record<string, string>>;
}

/** The one error class: a code of the table, a message that says limit, value and remedy, and details. */
export class SluiceError extends Error {
  override readonly name = "SluiceError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The table's row for this error's code. */
  get row(): ErrorRow {
    return ERROR_TABLE[this.code];
  }

  /** Turns anything thrown into a SluiceError: aborts become `cancelled`, timeouts `timeout`, the rest `internal`. */
  static from(thrown: unknown): SluiceError {
    if (thrown instanceof SluiceError) return thrown;
    if (thrown instanceof Error) {
      if (thrown.name === "AbortError")
        return new SluiceError("cancelled", "The call was cancelled.", { cause: thrown });
      if (thrown.name === "TimeoutError")
        return new SluiceError("timeout", "The call ran out of time.", { cause: thrown });
      return new SluiceError("internal", `Unexpected failure: ${thrown.message}`, { cause: thrown });
    }
    return new SluiceError("internal", `Unexpected failure: ${String(thrown)}`);
  }
}

import { SluiceError } from "@sluice/platform/errors";
import type { Exchange } from "../exchange.ts";

/** Why an exchange ended: if it was told to end, what it was told counts, not the echo from the calls behind it. */
export function endingOf(exchange: Exchange, thrown: unknown): SluiceError {
  const { signal } = exchange.abort;
  return SluiceError.from(signal.aborted ? signal.reason : thrown);
}

import { SluiceError } from "@sluice/platform/errors";

/**
 * The failure of an attempt of which nothing has left for the provider and nothing will be metered. The mark tells the router to void
 * the hold at once; without it the hold stays until it expires, because something may have been sent.
 */
export function notStarted(thrown: unknown): SluiceError {
  const { code, message, cause, details } = SluiceError.from(thrown);
  const facts = { ...details.facts, not_started: "true" };
  return new SluiceError(code, message, { cause, details: { ...details, facts } });
}

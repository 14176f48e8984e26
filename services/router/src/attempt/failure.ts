import { SluiceError } from "@sluice/platform/errors";

/** One failure on the way of a request. */
export interface Failure {
  readonly error: SluiceError;
  /** False if no hold was given: then there was no attempt. */
  readonly held: boolean;
}

/**
 * The error a caller sees when nobody could serve: the last failure of an attempt, except that a later candidate's "I do not take this
 * request" must not hide the first one's, and a refused hold must not hide the failure before it. Facts say how many attempts were made.
 */
export function failureOf(failures: readonly Failure[]): SluiceError {
  const tried = failures.filter(({ held }) => held).map(({ error }) => error);
  const end = failures.at(-1);
  if (end === undefined) return new SluiceError("internal", "A request failed without an error.");
  const last = tried.at(-1);
  // Nothing was tried: the caller may try again.
  if (last === undefined) return end.error;
  const chosen = tried.find(({ code }) => code === last.code && code === "upstream_invalid_request") ?? last;
  const facts: Record<string, string> = { ...chosen.details.facts, attempts: String(tried.length) };
  if (!end.held) facts["warnings"] = `no further attempt: ${end.error.code}`;
  return new SluiceError(chosen.code, chosen.message, { cause: chosen.cause, details: { ...chosen.details, facts } });
}

import { SluiceError } from "@sluice/platform/errors";

/** Refusals of a further attempt: they end the request, but say less than the failure that made it necessary. */
const NO_ROOM: ReadonlySet<string> = new Set(["budget_exhausted", "budget_held", "model_unpriced"]);

/**
 * The error a caller sees when nobody could serve: the last failure of an attempt, except that a later candidate's "I do not take this
 * request" must not hide the first one's, and a refused hold must not hide the failure before it. Facts say how many attempts were made.
 */
export function failureOf(failures: readonly SluiceError[], made: { readonly attempts: number }): SluiceError {
  const tried = failures.filter(({ code }) => !NO_ROOM.has(code));
  const last = tried.at(-1) ?? failures.at(-1);
  if (last === undefined) return new SluiceError("internal", "A request failed without an error.");
  const chosen = tried.find(({ code }) => code === last.code && code === "upstream_invalid_request") ?? last;
  const refused = failures.at(-1);
  const facts: Record<string, string> = { ...chosen.details.facts };
  // A single refused hold is no attempt: nothing was tried.
  if (tried.length > 0) facts["attempts"] = String(made.attempts);
  if (refused !== undefined && refused !== chosen && NO_ROOM.has(refused.code) && tried.length > 0)
    facts["warnings"] = `no further attempt: ${refused.code}`;
  return new SluiceError(chosen.code, chosen.message, { cause: chosen.cause, details: { ...chosen.details, facts } });
}

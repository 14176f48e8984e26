import { type AttemptFacts, isBooked, isEstimated, type RequestFacts } from "./facts.ts";

/**
 * How far into a stream the facts of a request can lie, as the moment (epoch milliseconds) at which they were stored: behind it nothing
 * is expected. NOTHING_MORE once all is known, TO_THE_END while nobody can say.
 */
export type ReadingLimit = (facts: RequestFacts) => number;

export const NOTHING_MORE = Number.NEGATIVE_INFINITY;
export const TO_THE_END = Number.POSITIVE_INFINITY;

/** Services publish on their own, so facts of one moment may come one after the other; facts that perhaps exist are waited for so long. */
const LATE_MS = 60_000;

/** A request has one decision. */
export const decisionLimit: ReadingLimit = ({ decision }) => (decision === undefined ? TO_THE_END : NOTHING_MORE);

/** Every attempt has a report; one that started has a meter reading too, one that was refused or not sent never did. */
export const attemptLimit: ReadingLimit = (facts) =>
  overAttempts(facts, ({ started, metered, finished }, late) => {
    if (started !== undefined) return metered !== undefined && finished !== undefined ? NOTHING_MORE : TO_THE_END;
    return finished?.outcome === "refused" || metered?.ending === "not_sent" ? NOTHING_MORE : late;
  });

/** An attempt whose report names a verdict was judged; others perhaps. */
export const verdictLimit: ReadingLimit = (facts) =>
  overAttempts(facts, ({ finished, verdicts }, late) => {
    const named = ["pass", "repair", "fail"].includes(finished?.verdict ?? "");
    return !named || verdicts.some(({ phase, decision }) => phase === "final" || decision === "fail")
      ? NOTHING_MORE
      : late;
  });

/** A hold ends, a started attempt is booked, an estimate may be corrected at any time. */
export const ledgerLimit: ReadingLimit = (facts) =>
  overAttempts(facts, (attempt, late) => {
    if (attempt.started === undefined && attempt.hold === undefined) return late;
    const known = attempt.hold !== undefined && isBooked(attempt) && !isEstimated(attempt);
    return known ? NOTHING_MORE : TO_THE_END;
  });

function overAttempts(facts: RequestFacts, limit: (attempt: AttemptFacts, late: number) => number): number {
  const { last } = facts;
  if (last === undefined) return TO_THE_END;
  const known = facts.attempts.filter(({ finished }) => finished !== undefined).length;
  if (known < last.ordinal) return TO_THE_END;
  const late = Number(last.finishedAtMs) + LATE_MS;
  return facts.attempts.reduce((furthest, attempt) => Math.max(furthest, limit(attempt, late)), NOTHING_MORE);
}

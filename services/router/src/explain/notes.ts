import { STREAMS } from "@sluice/platform/bus";
import { isBooked, isEstimated, type RequestFacts } from "./facts.ts";
import type { Telling } from "./tell-story.ts";

const DAY_MS = 86_400_000;

/** What a reader of the story has to know about its gaps: sentences, none if it is whole. */
export function notesOn(facts: RequestFacts, { now, arrivedAt, readAll }: Telling): string[] {
  const notes: string[] = [];
  if (!readAll) notes.push("The streams could not be read to their end in time: there may be more.");
  if (facts.decision === undefined) notes.push(missingDecision(now - arrivedAt));
  if (facts.last === undefined) {
    const age = seconds(now - facts.newestAt);
    notes.push(
      `No attempt was reported as the last one: the request is running, or the router ended before it could say so. The newest fact is ${age} old.`,
    );
  }
  for (const attempt of facts.attempts) {
    const name = attempt.finished?.ordinal ?? attempt.started?.ordinal ?? attempt.id;
    if (isEstimated(attempt)) {
      notes.push(`Attempt ${name} is charged by estimate; true figures that come later are booked as a correction.`);
    } else if (facts.last !== undefined && !isBooked(attempt)) {
      notes.push(`Attempt ${name} is not booked yet.`);
    }
    if (attempt.started !== undefined && attempt.finished === undefined && facts.last !== undefined) {
      notes.push(`Nobody has reported what the caller got from attempt ${name}.`);
    }
  }
  if (facts.unreadable > 0) notes.push(`Facts that could not be read and were left out: ${facts.unreadable}.`);
  return notes;
}

function missingDecision(ageMs: number): string {
  const kept = STREAMS.SLUICE_DECISIONS.maxAgeMs;
  if (ageMs < kept)
    return "The decision is not in its stream: it is on its way, or older facts made room for newer ones.";
  return `The decision is not kept any more: decisions and verdicts are kept for ${kept / DAY_MS} days.`;
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

import type { Candidate } from "./candidate.ts";
import { isObject, type WireCandidate } from "./wire.ts";

/** Facts that come beside a candidate's content, and their names among the extra fields. */
const BESIDE: Readonly<Record<string, string>> = {
  groundingMetadata: "grounding_metadata",
  citationMetadata: "citation_metadata",
  urlContextMetadata: "url_context_metadata",
  finishMessage: "finish_message",
  safetyRatings: "safety_ratings",
};

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);
}

const SAID = new Set(["content", "index", "finishReason", "logprobsResult"]);

/** Keeps what an event says beside the content. */
export function keepBeside(candidate: Candidate, wire: WireCandidate): void {
  for (const field in wire) {
    const value = wire[field];
    if (SAID.has(field) || isEmpty(value)) continue;
    candidate.wireBeside ??= {};
    const before = candidate.wireBeside[field];
    candidate.wireBeside[field] = isObject(before) && isObject(value) ? { ...before, ...value } : value;
  }
  for (const field in BESIDE) {
    const value = wire[field];
    if (isEmpty(value)) continue;
    candidate.beside ??= {};
    const before = candidate.beside[field];
    candidate.beside[field] = isObject(before) && isObject(value) ? { ...before, ...value } : value;
  }
}

/** What came beside the content, as extra fields of the finish; ratings only tell something where a filter stopped the answer. */
export function besideJson(candidate: Candidate, filtered: boolean): string {
  if (candidate.beside === undefined) return "";
  const entries = Object.entries(candidate.beside).filter(([field]) => filtered || field !== "safetyRatings");
  const named = entries.map(([field, value]) => [BESIDE[field] ?? field, value] as const);
  return named.length === 0 ? "" : JSON.stringify(Object.fromEntries(named));
}

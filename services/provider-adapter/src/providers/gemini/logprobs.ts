import { isObject, objectsOf, textOf } from "./wire.ts";

type Entry = Readonly<Record<string, unknown>>;

function tokenOf(entry: Entry): { token: string; logprob: number; bytes: number[] } {
  const token = textOf(entry["token"]);
  const logprob = entry["logProbability"];
  return { token, logprob: typeof logprob === "number" ? logprob : 0, bytes: [...Buffer.from(token)] };
}

/** `logprobsResult` in the form callers know: a list of tokens, each with its alternatives; "" if there is none. */
export function logprobsOf(result: unknown): string {
  if (!isObject(result)) return "";
  const chosen = objectsOf(result["chosenCandidates"]);
  if (chosen.length === 0) return "";
  const top = Array.isArray(result["topCandidates"]) ? (result["topCandidates"] as unknown[]) : [];
  const content = chosen.map((entry, at) => {
    const alternatives = top[at];
    const candidates = isObject(alternatives) ? objectsOf(alternatives["candidates"]) : [];
    return { ...tokenOf(entry), top_logprobs: candidates.map(tokenOf) };
  });
  return JSON.stringify({ content });
}

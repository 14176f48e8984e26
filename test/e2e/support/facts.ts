import type { System } from "../../harness/system.ts";

/** One event as `sluice tail --json` prints it. */
export interface Fact {
  readonly stream: string;
  readonly type: string;
  readonly id: string;
  readonly tenant: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** All events there are, or those of some types, in the order of their streams. */
export async function readFacts(system: System, types: readonly string[] = []): Promise<Fact[]> {
  const only = types.length === 0 ? [] : ["--type", types.join(",")];
  const result = await system.command(["tail", "all", "--from-start", "--no-follow", "--json", ...only]);
  if (result.code !== 0) throw new Error(`sluice tail: ${result.stderr}`);
  return result.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Fact);
}

/** Groups events by a field of their payload; those without it are left out. */
export function groupBy(facts: readonly Fact[], field: string): Map<string, Fact[]> {
  const groups = new Map<string, Fact[]>();
  for (const fact of facts) {
    const key = fact.payload[field];
    if (typeof key === "string") groups.set(key, [...(groups.get(key) ?? []), fact]);
  }
  return groups;
}

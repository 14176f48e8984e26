import type { Measurement } from "../rounds.ts";
import { median } from "./statistics.ts";

/** Medians over the rounds for one target under one scenario. */
export interface Row {
  readonly scenario: string;
  readonly target: string;
  readonly requestsPerSecond: number;
  readonly deltasPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly firstByteP50Ms: number;
  /** Medians of each round's ratio of requests per second; undefined if that target was not measured. */
  readonly ratioToDirect: number | undefined;
  readonly ratioToBareProxy: number | undefined;
  readonly ratioToPortkey: number | undefined;
  readonly cpuUsPerRequest: Readonly<Record<string, number>>;
  /** Most that was seen in any round, at the end of a window. */
  readonly memoryMb: Readonly<Record<string, number>>;
  readonly errors: number;
}

export function summarize(measurements: readonly Measurement[]): Row[] {
  const groups = Map.groupBy(measurements, ({ scenario, target }) => `${scenario}\n${target}`);
  return [...groups.values()]
    .map((group) => rowOf(group, measurements))
    .toSorted((a, b) => order(measurements, a) - order(measurements, b));
}

function rowOf(group: readonly Measurement[], all: readonly Measurement[]): Row {
  const [first] = group;
  const middle = (pick: (measurement: Measurement) => number) => median(group.map(pick));
  const names = Object.keys(first?.cpuUs ?? {});
  return {
    scenario: first?.scenario ?? "",
    target: first?.target ?? "",
    requestsPerSecond: middle(rate),
    deltasPerSecond: middle(({ outcome }) => (outcome.deltas * 1_000) / outcome.elapsedMs),
    p50Ms: middle(({ outcome }) => outcome.p50Ms),
    p99Ms: middle(({ outcome }) => outcome.p99Ms),
    firstByteP50Ms: middle(({ outcome }) => outcome.firstByteP50Ms),
    ratioToDirect: ratio(group, all, "direct"),
    ratioToBareProxy: ratio(group, all, "bare proxy"),
    ratioToPortkey: ratio(group, all, "portkey"),
    cpuUsPerRequest: Object.fromEntries(
      names.map((name) => [
        name,
        middle(({ cpuUs, outcome }) => (cpuUs[name] ?? 0) / Math.max(1, outcome.requests + outcome.errors)),
      ]),
    ),
    memoryMb: Object.fromEntries(
      names.map((name) => [name, Math.max(...group.map(({ memoryMb }) => memoryMb[name] ?? 0))]),
    ),
    errors: group.reduce((sum, { outcome }) => sum + outcome.errors, 0),
  };
}

function rate({ outcome }: Measurement): number {
  return (outcome.requests * 1_000) / outcome.elapsedMs;
}

/** Compares only windows of the same round, so that a slow moment of the machine touches both sides. */
function ratio(group: readonly Measurement[], all: readonly Measurement[], base: string): number | undefined {
  const ratios = group.flatMap((measurement) => {
    const other = all.find(
      ({ target, scenario, round }) =>
        target === base && scenario === measurement.scenario && round === measurement.round,
    );
    return other === undefined ? [] : [rate(measurement) / rate(other)];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** Scenarios as planned; in each, the fastest target first. */
function order(all: readonly Measurement[], row: Row): number {
  return all.findIndex(({ scenario }) => scenario === row.scenario) - row.requestsPerSecond / 1e9;
}

import { spawnSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";

/** Where and when numbers were taken: without it they mean nothing. */
export interface RunFacts {
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Load average of the minute before: above zero, others were at work too. */
  readonly loadBefore: number;
  readonly commit: string;
}

export function runFacts(now: Date): RunFacts {
  const processors = cpus();
  return {
    date: now.toISOString(),
    node: process.version,
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0] ?? 0,
    commit: commit(),
  };
}

/** The facts on one line. */
export function headline({ cpu, cores, node, commit, loadBefore }: RunFacts): string {
  return `${cpu}, ${cores} cores, Node ${node}, commit ${commit}, load before ${loadBefore.toFixed(1)}`;
}

/** Short hash, with `-changed` when files that are run differ from it. */
function commit(): string {
  const git = (...args: string[]) => spawnSync("git", args, { encoding: "utf8" }).stdout?.trim() ?? "";
  const hash = git("rev-parse", "--short", "HEAD");
  if (hash === "") return "unknown";
  return git("status", "--porcelain", "--untracked-files=no", "--", "services", "proto") === ""
    ? hash
    : `${hash}-changed`;
}

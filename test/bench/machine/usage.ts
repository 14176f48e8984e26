import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Linux counts CPU time of processes in hundredths of a second. */
const MICROSECONDS_PER_TICK = 10_000;
const FIELD_PARENT = 1;
const FIELD_USER = 11;

interface Times {
  readonly parent: number;
  readonly cpuUs: number;
}

/** CPU microseconds each of these processes has used so far, by name, with all its living descendants (a database server has many). */
export function cpuOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  const all = allTimes();
  const owner = new Map(Object.entries(pids).map(([name, pid]) => [pid, name]));
  const sums: Record<string, number> = Object.fromEntries(Object.keys(pids).map((name) => [name, 0]));
  for (const pid of all.keys()) {
    const name = nearestOwner(pid, all, owner);
    if (name !== undefined) sums[name] = (sums[name] ?? 0) + (all.get(pid)?.cpuUs ?? 0);
  }
  return sums;
}

/** Resident memory of each process in MB, without descendants. @throws if one of them has ended */
export function memoryOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  const gone = Object.entries(pids).filter(([, pid]) => !existsSync(`/proc/${pid}`));
  if (gone.length > 0) throw new Error(`Ended while it was measured: ${gone.map(([name]) => name).join(", ")}.`);
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, residentMegabytes(pid)]));
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

function nearestOwner(
  pid: number,
  all: ReadonlyMap<number, Times>,
  owner: ReadonlyMap<number, string>,
): string | undefined {
  let at: number | undefined = pid;
  while (at !== undefined && at > 0) {
    const name = owner.get(at);
    if (name !== undefined) return name;
    at = all.get(at)?.parent;
  }
  return undefined;
}

function allTimes(): Map<number, Times> {
  const times = new Map<number, Times>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const time = timesOf(entry);
    if (time !== undefined) times.set(Number(entry), time);
  }
  return times;
}

function timesOf(pid: string): Times | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // It ended since the folder was listed.
    return undefined;
  }
  // The second field is the program's name in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[FIELD_USER]) + Number(fields[FIELD_USER + 1]);
  return { parent: Number(fields[FIELD_PARENT]), cpuUs: ticks * MICROSECONDS_PER_TICK };
}

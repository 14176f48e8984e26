import { builtInStepOf, stepOf } from "./steps.ts";

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

/** What the inspector's profiler gives. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  readonly us: number;
}

export interface Aggregate {
  /** CPU by step: a sample counts for the nearest caller of ours that belongs to one. */
  readonly steps: readonly Share[];
  /** CPU by function, its own time alone, natives and Node's code included. */
  readonly functions: readonly Share[];
  readonly idleUs: number;
}

const ITSELF: Readonly<Record<string, string>> = {
  "(garbage collector)": "garbage collection",
  "(program)": "native, outside JavaScript",
};

/** Adds the samples of a profile up by step and by function. */
export function aggregate(profile: CpuProfile): Aggregate {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const steps = new Map<string, number>();
  const functions = new Map<string, number>();
  let idleUs = 0;
  for (const [i, id] of profile.samples.entries()) {
    const us = Math.max(0, profile.timeDeltas[i + 1] ?? 0);
    const frame = nodes.get(id)?.callFrame;
    if (frame === undefined) continue;
    if (frame.functionName === "(idle)") idleUs += us;
    else {
      add(steps, stepOfNode(id, nodes, parents), us);
      add(functions, nameOf(frame, callerOf(id, nodes, parents)), us);
    }
  }
  return { steps: sorted(steps), functions: sorted(functions), idleUs };
}

type Nodes = ReadonlyMap<number, ProfileNode>;
type Parents = ReadonlyMap<number, number>;

function stepOfNode(id: number, nodes: Nodes, parents: Parents): string {
  const own = nodes.get(id)?.callFrame;
  const special = ITSELF[own?.functionName ?? ""];
  if (special !== undefined) return special;
  let builtIn = "";
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const url = nodes.get(at)?.callFrame.url ?? "";
    const step = stepOf(url);
    if (step !== undefined) return step;
    if (builtIn === "" && url !== "") builtIn = builtInStepOf(url);
  }
  return builtIn === "" ? "node: other" : builtIn;
}

/** For a native, who called it: its name alone says little. */
function callerOf(id: number, nodes: Nodes, parents: Parents): string {
  for (let at = parents.get(id); at !== undefined; at = parents.get(at)) {
    const frame = nodes.get(at)?.callFrame;
    if (frame !== undefined && frame.url !== "" && !frame.url.startsWith("node:")) return place(frame);
  }
  return "";
}

function nameOf(frame: CallFrame, caller: string): string {
  if (frame.url !== "" && !frame.url.startsWith("node:")) return place(frame);
  return `${frame.functionName || "(anonymous)"} ${frame.url} < ${caller}`;
}

function place({ functionName, url, lineNumber }: CallFrame): string {
  const path = url.replace(/^.*?\/((services|node_modules|proto|test)\/)/, "$1");
  return `${functionName || "(anonymous)"} ${path}:${lineNumber + 1}`;
}

function add(sums: Map<string, number>, name: string, us: number): void {
  sums.set(name, (sums.get(name) ?? 0) + us);
}

function sorted(sums: ReadonlyMap<string, number>): Share[] {
  return [...sums].map(([name, us]) => ({ name, us })).toSorted((a, b) => b.us - a.us);
}

import { type ChildProcess, spawn } from "node:child_process";
import { tethered } from "@sluice/launcher/servers";
import { waitFor } from "./poll.ts";

/** What to run and with what. */
export interface ChildOptions {
  readonly args?: readonly string[];
  /** Added to a clean environment: ours without SLUICE_ and node:test variables. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  /** Text for its standard input, which is then closed. */
  readonly input?: string;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A Node process of a test. */
export interface NodeChild {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  /** All it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** The first whole line on stdout, also an earlier one, that matches. Fails if the child ends without it. */
  line(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Sends the signal and waits for the exit. */
  end(signal?: NodeJS.Signals): Promise<ChildExit>;
  /** SIGKILL, then waits for the exit. */
  kill(): Promise<ChildExit>;
}

interface Output {
  stdout: string;
  stderr: string;
}

/** Output kept per stream, in characters: the beginning falls off. */
const OUTPUT_MAX = 128 * 1024 * 1024;
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs a program with this Node. It dies with the test process, whatever happens to that. */
export function startNode(file: string, options: ChildOptions = {}): NodeChild {
  const [program, args] = tethered(process.execPath, [file, ...(options.args ?? [])]);
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...cleanEnvironment(), ...options.environment },
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} could not be started.`);
  running.add(child);
  // A child that ends early closes its input; what counts is its exit.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const output = { stdout: "", stderr: "" };
  collect(child, output, "stdout");
  collect(child, output, "stderr");
  let ended: ChildExit | undefined;
  const exited = new Promise<ChildExit>((resolve) => {
    child.once("close", (code, signal) => {
      running.delete(child);
      ended = { code, signal };
      resolve(ended);
    });
  });
  const end = (signal: NodeJS.Signals): Promise<ChildExit> => {
    child.kill(signal);
    return exited;
  };
  return {
    pid,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    line: (pattern, timeoutMs = 30_000) => findLine({ file, output, ended: () => ended }, pattern, timeoutMs),
    end: (signal = "SIGTERM") => end(signal),
    kill: () => end("SIGKILL"),
  };
}

/** Our environment without what would change the child's behaviour. */
export function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^(SLUICE_|NODE_TEST|NODE_OPTIONS)/.test(entry[0]),
  );
  return Object.fromEntries(kept);
}

function collect(child: ChildProcess, output: Output, name: "stdout" | "stderr"): void {
  child[name]?.setEncoding("utf8");
  child[name]?.on("data", (text: string) => {
    output[name] = (output[name] + text).slice(-OUTPUT_MAX);
  });
}

interface Watched {
  readonly file: string;
  readonly output: Output;
  ended(): ChildExit | undefined;
}

async function findLine(watched: Watched, pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray> {
  const { file, output } = watched;
  const look = (): { match: RegExpMatchArray | undefined; exit: ChildExit | undefined } => {
    // Asked before the look, so that a last line printed just before the exit is still seen.
    const exit = watched.ended();
    const lines = output.stdout.split("\n").slice(0, -1);
    return { exit, match: lines.map((line) => line.match(pattern)).find((match) => match !== null) ?? undefined };
  };
  const what = `${file}: a line ${pattern}`;
  const options = { timeoutMs, message: what };
  const found = await waitFor(() => {
    const seen = look();
    return seen.match === undefined && seen.exit === undefined ? undefined : seen;
  }, options).catch((error: Error) => {
    throw new Error(`${error.message}\n${tail(output)}`);
  });
  if (found.match !== undefined) return found.match;
  throw new Error(`${what} did not come before its end (${JSON.stringify(found.exit)})\n${tail(output)}`);
}

function tail(output: Output): string {
  return `stdout: ${output.stdout.slice(-2_000)}\nstderr: ${output.stderr.slice(-4_000)}`;
}

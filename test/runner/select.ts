import { globSync, readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { ServerName } from "@sluice/launcher/servers";

/** The two ways Sluice runs, both tested by each end-to-end file. */
export const SHAPES = ["embedded", "distributed"] as const;
export type Shape = (typeof SHAPES)[number];

/** A test file and what its first lines say about it. */
export interface TestFile {
  /** Relative to the checkout. */
  readonly path: string;
  readonly kind: "unit" | "e2e";
  /** From `// needs: nats redis postgres`. */
  readonly needs: readonly ServerName[];
  /** From `// shapes: embedded distributed`; empty for a file that starts no system. */
  readonly shapes: readonly Shape[];
}

/** Files to run in the shapes that are possible, and what is left out. */
export interface Selection {
  readonly unit: readonly string[];
  readonly e2e: readonly string[];
  readonly shapes: readonly Shape[];
  readonly notRun: readonly { readonly path: string; readonly reason: string }[];
}

const UNIT = ["services/**/*.test.ts", "test/*.test.ts", "test/{harness,runner,tidy,contract}/**/*.test.ts"];
const E2E = ["test/e2e/**/*.test.ts"];
const SERVERS: readonly string[] = ["nats", "redis", "postgres"] satisfies ServerName[];
/** Declarations stand above the first import. */
const HEAD_LINES = 5;

/** All test files of the checkout. */
export function findTests(root: string): TestFile[] {
  const find = (patterns: readonly string[]): string[] =>
    [...new Set(globSync([...patterns], { cwd: root, exclude: ["**/node_modules/**"] }))].sort();
  return [...find(UNIT), ...find(E2E)].map((path) => describe(root, path));
}

/** The given files or folders alone. @throws if one of them holds no test */
export function narrow(root: string, tests: readonly TestFile[], wanted: readonly string[]): TestFile[] {
  const chosen = wanted.flatMap((want) => {
    const path = relative(root, resolve(want));
    const found = tests.filter((candidate) => candidate.path === path || candidate.path.startsWith(`${path}/`));
    if (found.length === 0) throw new Error(`No test file at ${want}.`);
    return found;
  });
  return [...new Set(chosen)];
}

/** Leaves out what needs a missing server; end-to-end files then run in the embedded shape alone. */
export function select(tests: readonly TestFile[], missing: readonly ServerName[]): Selection {
  const shapes = missing.length === 0 ? SHAPES : (["embedded"] as const);
  const notRun: { path: string; reason: string }[] = [];
  const able = tests.filter((candidate) => {
    const lacking = candidate.needs.filter((name) => missing.includes(name));
    const possible = candidate.shapes.length === 0 || candidate.shapes.some((shape) => isOneOf(shape, shapes));
    if (lacking.length > 0) notRun.push({ path: candidate.path, reason: `needs ${lacking.join(", ")}` });
    else if (!possible) notRun.push({ path: candidate.path, reason: `needs ${missing.join(", ")}` });
    return lacking.length === 0 && possible;
  });
  for (const { path, shapes: own } of able) {
    const lost = own.filter((shape) => !isOneOf(shape, shapes));
    if (lost.length > 0)
      notRun.push({ path, reason: `not in the ${lost.join(", ")} shape: needs ${missing.join(", ")}` });
  }
  const paths = (kind: TestFile["kind"]): string[] =>
    able.filter((file) => file.kind === kind).map((file) => file.path);
  return { unit: paths("unit"), e2e: paths("e2e"), shapes, notRun };
}

function describe(root: string, path: string): TestFile {
  const head = readFileSync(resolve(root, path), "utf8").split("\n").slice(0, HEAD_LINES);
  const words = (label: string): string[] => {
    const line = head.find((candidate) => candidate.startsWith(`// ${label}:`));
    return line === undefined
      ? []
      : line
          .slice(label.length + 4)
          .trim()
          .split(/[\s,]+/);
  };
  return {
    path,
    kind: path.startsWith("test/e2e/") ? "e2e" : "unit",
    needs: checked(path, words("needs"), isServer),
    shapes: checked(path, words("shapes"), isShape),
  };
}

function checked<Word extends string>(path: string, words: string[], isKnown: (word: string) => word is Word): Word[] {
  return words.map((word) => {
    if (isKnown(word)) return word;
    throw new Error(
      `${path}: "${word}" is neither a server (${SERVERS.join(", ")}) nor a shape (${SHAPES.join(", ")}).`,
    );
  });
}

const isServer = (word: string): word is ServerName => isOneOf(word, SERVERS);
const isShape = (word: string): word is Shape => isOneOf(word, SHAPES);

function isOneOf(word: string, words: readonly string[]): boolean {
  return words.includes(word);
}

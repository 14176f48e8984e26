import type { Facts, Found } from "./facts.ts";
import type { Source } from "./sources.ts";

/** A rule of the project. `check` returns one sentence per breach, beginning with the place. */
export interface Rule {
  readonly name: string;
  /** What to do about a breach. */
  readonly remedy: string;
  check(sources: readonly Source[]): string[];
}

/** A rule that judges each file by itself. */
export function fileRule(name: string, remedy: string, problems: (source: Source) => readonly string[]): Rule {
  return {
    name,
    remedy,
    check: (sources) => sources.flatMap((source) => problems(source).map((problem) => `${source.path}${problem}`)),
  };
}

/** A rule about TypeScript: each fact that `pick` returns is a breach. */
export function factRule(name: string, remedy: string, pick: (facts: Facts, source: Source) => readonly Found[]): Rule {
  return fileRule(name, remedy, (source) =>
    source.facts === undefined ? [] : pick(source.facts, source).map(({ line, text }) => `:${line}: ${text}`),
  );
}

/** True for unit tests, which may use what the code beside them may not. */
export function isTest(path: string): boolean {
  return path.endsWith(".test.ts") || path.startsWith("test/");
}

/** Name of the service a file belongs to, also for the library `platform`. */
export function serviceOf(path: string): string | undefined {
  return /^services\/([^/]+)\//.exec(path)?.[1];
}

/** Lines of a text that match, for rules that do not need the syntax. */
export function matchingLines(text: string | undefined, pattern: RegExp): string[] {
  if (text === undefined) return [];
  return text.split("\n").flatMap((line, index) => {
    const match = pattern.exec(line);
    return match === null ? [] : [`:${index + 1}: ${match[0]}`];
  });
}

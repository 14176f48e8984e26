import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";

/** How one group of files is run. */
export interface Group {
  readonly files: readonly string[];
  readonly concurrency: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A file that takes longer hangs: most likely it left something open. */
const FILE_TIMEOUT_MS = 900_000;

/** Runs a group, printing each test to stdout as it ends. */
export async function execute(group: Group): Promise<Counts> {
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  if (group.files.length === 0) return counts;
  const events = run({
    files: [...group.files],
    concurrency: group.concurrency,
    timeout: FILE_TIMEOUT_MS,
    signal: group.signal,
    env: { ...process.env, ...group.environment },
  });
  events.on("test:summary", (summary) => {
    if (summary.file !== undefined) return;
    const { tests, passed, skipped, todo } = summary.counts;
    const failed = tests - passed - skipped - todo;
    counts = { passed, failed: failed === 0 && !summary.success ? 1 : failed, skipped: skipped + todo };
  });
  const printed = events.compose(new spec());
  printed.pipe(process.stdout, { end: false });
  await finished(printed);
  return counts;
}

/** Gives the tests a folder of their own for temporary files, which is removed at the end, whatever they leave. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "sluice-tests-"));
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

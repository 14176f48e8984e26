/**
 * `npm test [-- path…]`: installs the servers the tests need where it can, runs all test files, and ends with the line
 * "N passed, N failed". Exit codes: 0 all passed, 1 a failure or no test, 3 some files could not run here,
 * 130 interrupted.
 */
import { resolve } from "node:path";
import { ensureServers, type Missing } from "./harness/install.ts";
import { type Counts, execute, temporaryFolder } from "./runner/execute.ts";
import { findTests, narrow, type Selection, select, type TestFile } from "./runner/select.ts";

const EXIT = { passed: 0, failed: 1, notAllRun: 3, interrupted: 130 } as const;
/** Unit files at once; end-to-end files start whole systems and run one at a time. */
const UNIT_CONCURRENCY = 2;

try {
  process.exitCode = await main(resolve(import.meta.dirname, ".."), process.argv.slice(2));
} catch (error) {
  process.stderr.write(`npm test: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT.failed;
}

async function main(root: string, wanted: readonly string[]): Promise<number> {
  const all = findTests(root);
  const chosen = wanted.length === 0 ? all : narrow(root, all, wanted);
  const missing = chosen.some(needsServers) ? ensureServers() : undefined;
  const selection = select(chosen, missing?.servers ?? []);
  process.chdir(root);
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted.abort());
  const counts = await runAll(selection, interrupted.signal);
  report(selection, missing, counts);
  if (interrupted.signal.aborted) return EXIT.interrupted;
  if (counts.failed > 0 || counts.passed === 0) return EXIT.failed;
  return selection.notRun.length > 0 ? EXIT.notAllRun : EXIT.passed;
}

function needsServers(file: TestFile): boolean {
  return file.needs.length > 0 || file.shapes.includes("distributed");
}

async function runAll(selection: Selection, signal: AbortSignal): Promise<Counts> {
  const folder = temporaryFolder();
  const environment = { TMPDIR: folder.path, SLUICE_TEST_SHAPES: selection.shapes.join(",") };
  try {
    const unit = await execute({ files: selection.unit, concurrency: UNIT_CONCURRENCY, environment, signal });
    const e2e = await execute({ files: selection.e2e, concurrency: 1, environment, signal });
    return {
      passed: unit.passed + e2e.passed,
      failed: unit.failed + e2e.failed,
      skipped: unit.skipped + e2e.skipped,
    };
  } finally {
    folder.remove();
  }
}

function report(selection: Selection, missing: Missing | undefined, counts: Counts): void {
  const lines = [""];
  if (selection.notRun.length > 0) {
    lines.push(`Not run here: ${missing?.reason ?? ""}`);
    for (const { path, reason } of selection.notRun) lines.push(`  ${path}: ${reason}`);
  }
  if (counts.passed + counts.failed === 0) lines.push("No test was run: that counts as a failure.");
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  lines.push(`${counts.passed} passed, ${counts.failed} failed${skipped}`, "");
  process.stdout.write(lines.join("\n"));
}

/** `npm run check`: every check that is no test, each on one line; what a failed one printed follows it. Exit code 1 if any failed. */
import { STEPS } from "./tasks/steps.ts";

let failed = 0;
for (const { name, run } of STEPS) {
  const start = performance.now();
  const { ok, output, note } = await run();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${ok ? "ok    " : "FAILED"} ${name} (${seconds} s)${note === undefined ? "" : `: ${note}`}\n`);
  if (!ok) {
    failed += 1;
    process.stdout.write(`${output.trimEnd().replaceAll(/^/gm, "    ")}\n`);
  }
}
process.stdout.write(failed === 0 ? "All checks passed.\n" : `${failed} of ${STEPS.length} checks failed.\n`);
process.exitCode = failed === 0 ? 0 : 1;

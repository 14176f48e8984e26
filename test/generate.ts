/** `npm run gen`: writes all generated files anew and removes those whose source is gone. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./tasks/command.ts";
import { differences, filesOf, GENERATORS } from "./tasks/generators.ts";

const fresh = mkdtempSync(join(tmpdir(), "sluice-generated-"));
try {
  for (const { name, owns, generate } of GENERATORS) {
    await generate(fresh);
    const changes = differences(owns, fresh, ROOT);
    const made = new Set(filesOf(owns, fresh));
    for (const path of filesOf(owns, ROOT)) if (!made.has(path)) rmSync(join(ROOT, path));
    for (const path of made) cpSync(join(fresh, path), join(ROOT, path));
    process.stdout.write(`${name}: ${made.size} files, ${changes.length} changed\n`);
  }
} catch (error) {
  process.stderr.write(`npm run gen: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

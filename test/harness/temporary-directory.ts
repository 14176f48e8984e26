import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetPlaceOf } from "@sluice/launcher/servers";

const made = new Set<string>();
process.on("exit", () => {
  for (const directory of made) {
    // A gateway's data directory is closed to others, so its PostgreSQL keeps its data elsewhere.
    forgetPlaceOf(join(directory, "postgres"));
    rmSync(directory, { recursive: true, force: true });
  }
});

/**
 * Makes a folder that is gone when the test process ends. Others may pass through it but not list it:
 * PostgreSQL, which runs as another user, keeps its own owner-only folder inside.
 */
export function temporaryDirectory(name = "test"): string {
  const directory = mkdtempSync(join(tmpdir(), `sluice-${name}-`));
  chmodSync(directory, 0o711);
  made.add(directory);
  return directory;
}

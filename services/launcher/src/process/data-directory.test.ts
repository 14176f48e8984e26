import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { takeDataDirectory } from "./data-directory.ts";

const root = mkdtempSync(join(tmpdir(), "data-directory-"));
after(() => rmSync(root, { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

function folder(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  chmodSync(path, 0o755);
  return path;
}

test("a folder of other things that others may enter is refused and left as it is", () => {
  const path = folder("home");
  writeFileSync(join(path, "letters.txt"), "dear");
  assert.throws(
    () => takeDataDirectory(path, ["ledger"]),
    /holds other files and can be entered by others.*--data-dir/,
  );
  assert.equal(modeOf(path), 0o755);
});

test("a new, an empty and an own folder are closed to others", () => {
  const empty = folder("empty");
  for (const path of [join(root, "new"), empty, empty]) {
    takeDataDirectory(path, ["ledger"]).release();
    assert.equal(modeOf(path), 0o700);
    chmodSync(path, 0o755);
  }
});

test("a folder somebody closed may hold other files too", () => {
  const path = folder("closed");
  writeFileSync(join(path, "notes.txt"), "");
  chmodSync(path, 0o700);
  takeDataDirectory(path, ["ledger"]).release();
  assert.equal(modeOf(path), 0o700);
});

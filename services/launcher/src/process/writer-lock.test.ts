import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { takeDataDirectory } from "./data-directory.ts";
import { installationSecret } from "./installation-secret.ts";

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "sluice-data-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const failure = (act: () => unknown): SluiceError => {
  try {
    act();
  } catch (error) {
    return SluiceError.from(error);
  }
  throw new Error("it did not fail");
};

test("a second process on the directory is refused and told who has it; kill -9 of the first leaves it free", async (t) => {
  const path = join(folder(t), "data");
  const program = `
    const { takeDataDirectory } = await import(${JSON.stringify(new URL("./data-directory.ts", import.meta.url).href)});
    globalThis.held = takeDataDirectory(${JSON.stringify(path)}, ["router", "ledger"]);
    process.stdout.write("held\\n");
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const first = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  assert.match(String(first[0]), /held/);
  const error = failure(() => takeDataDirectory(path, ["router"]));
  assert.equal(error.code, "conflict");
  assert.match(error.message, new RegExp(`in use by process ${child.pid} \\(router, ledger\\)`));
  assert.match(error.message, /--data-dir/);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  takeDataDirectory(path, ["router"]).release();
});

test("the installation secret is made once, for its owner alone, and gives a key per purpose", (t) => {
  const path = folder(t);
  const first = installationSecret(path, undefined);
  const second = installationSecret(path, undefined);
  assert.equal(first.value, second.value);
  assert.equal(statSync(first.file).mode & 0o777, 0o600);
  assert.equal(first.derive("a").length, 32);
  assert.deepEqual(first.derive("a"), second.derive("a"));
  assert.notDeepEqual(first.derive("a"), first.derive("b"));
});

test("a secret others can read, that is too short or missing is refused by name", (t) => {
  const path = folder(t);
  const file = join(path, "secret");
  writeFileSync(file, "0123456789012345678901234567890123456789", { mode: 0o644 });
  assert.match(failure(() => installationSecret(path, file)).message, /chmod 600/);
  chmodSync(file, 0o600);
  assert.equal(installationSecret(path, file).value, readFileSync(file, "utf8"));
  writeFileSync(file, "short");
  assert.match(failure(() => installationSecret(path, file)).message, /at least 32/);
  assert.match(failure(() => installationSecret(path, join(path, "none"))).message, /rpc\.secret_file/);
});

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { readEnvironment, readSecretFile, Secret } from "./index.ts";

test("a secret prints as [redacted] everywhere and is revealed only on purpose", () => {
  const secret = new Secret("hunter2");
  assert.equal(
    `${secret} ${JSON.stringify({ secret })} ${inspect({ secret }, { showHidden: true })}`.includes("hunter2"),
    false,
  );
  assert.equal(JSON.stringify({ secret }), '{"secret":"[redacted]"}');
  assert.equal(secret.reveal(), "hunter2");
});

test("a secret file must be owner-only and not empty", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "secret-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "password");
  assert.throws(
    () => readSecretFile(file, "sql.password_file"),
    /^SluiceError: sql.password_file: .*cannot be read \(ENOENT/,
  );
  writeFileSync(file, "p w\n", { mode: 0o600 });
  assert.equal(readSecretFile(file, "k").reveal(), "p w");
  chmodSync(file, 0o640);
  assert.throws(() => readSecretFile(file, "k"), /can be read or changed by others; run: chmod 600/);
  writeFileSync(file, "\n");
  chmodSync(file, 0o600);
  assert.throws(() => readSecretFile(file, "k"), /is empty/);
});

test("the environment is a frozen copy", () => {
  const environment = readEnvironment();
  assert.ok(Object.isFrozen(environment));
  assert.equal(typeof environment["PATH"], "string");
});

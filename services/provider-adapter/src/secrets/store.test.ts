import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { hintOf } from "./secret.ts";
import { openCredentialStore } from "./store.ts";

const SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz";

async function inFolder(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-secrets-"));
  try {
    await run(join(directory, "own"));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test("a credential survives a restart, lies sealed in an owner-only file and prints as redacted", async () => {
  await inFolder(async (directory) => {
    const store = await openCredentialStore(directory);
    const stored = await store.put("acme", SECRET);
    assert.equal(hintOf(stored.secret), "wxyz");
    assert.doesNotMatch(`${stored.secret} ${JSON.stringify(stored)} ${inspect(stored)}`, /abcdef/);
    assert.equal((await openCredentialStore(directory)).get("acme")?.secret.reveal(), SECRET);
    for (const name of ["credentials.sealed", "sealing.key"]) {
      assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name);
      assert.doesNotMatch(await readFile(join(directory, name), "utf8"), /abcdef/, name);
    }
    assert.deepEqual((await readdir(directory)).sort(), ["credentials.sealed", "sealing.key"], "no temporary files");
    assert.equal(await store.delete("acme"), true);
    assert.equal(await store.delete("acme"), false);
    assert.equal((await openCredentialStore(directory)).get("acme"), undefined);
  });
});

test("changes at the same time all take effect", async () => {
  await inFolder(async (directory) => {
    const store = await openCredentialStore(directory);
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
    await Promise.all(names.map((name) => store.put(name, `${SECRET}-${name}`)));
    const again = await openCredentialStore(directory);
    for (const name of names) assert.equal(again.get(name)?.secret.reveal(), `${SECRET}-${name}`);
  });
});

test("a changed file is refused with a remedy, never read as empty", async () => {
  await inFolder(async (directory) => {
    const store = await openCredentialStore(directory);
    await store.put("acme", SECRET);
    await store.put("other", `${SECRET}2`);
    const path = join(directory, "credentials.sealed");
    const good = JSON.parse(await readFile(path, "utf8"));
    const changes: Record<string, (file: typeof good) => void> = {
      "an entry removed": (file) => delete file.credentials.other,
      "entries swapped": (file) => {
        [file.credentials.acme, file.credentials.other] = [file.credentials.other, file.credentials.acme];
      },
      "a time changed": (file) => (file.credentials.acme.stored_at_ms += 1),
      "text changed": (file) => (file.credentials.acme.sealed.text = Buffer.from("sk-another").toString("base64")),
      "a short tag": (file) => (file.credentials.acme.sealed.tag = "AAAA"),
      "another key": (file) => (file.data_key.nonce = "AAAAAAAAAAAAAAAA"),
      "another version": (file) => (file.version = 2),
      "all gone": (file) => (file.credentials = {}),
    };
    for (const [what, change] of Object.entries(changes)) {
      const file = structuredClone(good);
      change(file);
      await writeFile(path, JSON.stringify(file));
      await assert.rejects(openCredentialStore(directory), { code: "internal", message: /sluice secrets set/ }, what);
    }
    await writeFile(path, "");
    await assert.rejects(openCredentialStore(directory), { code: "internal" });
    await writeFile(path, JSON.stringify(good));
    assert.equal((await openCredentialStore(directory)).get("acme")?.secret.reveal(), SECRET);
    await unlink(join(directory, "sealing.key"));
    await assert.rejects(openCredentialStore(directory), { code: "internal", message: /sealing\.key is missing/ });
  });
});

test("files and folders others can open are refused, naming the command that mends it", async () => {
  await inFolder(async (directory) => {
    await (await openCredentialStore(directory)).put("acme", SECRET);
    for (const [name, bad, good] of [
      ["credentials.sealed", 0o640, 0o600],
      ["sealing.key", 0o604, 0o600],
      [".", 0o755, 0o700],
    ] as const) {
      const path = join(directory, name);
      await chmod(path, bad);
      const remedy = new RegExp(`chmod ${good.toString(8)} `);
      await assert.rejects(openCredentialStore(directory), { code: "forbidden", message: remedy }, name);
      await chmod(path, good);
    }
    await unlink(join(directory, "sealing.key"));
    await symlink("/dev/null", join(directory, "sealing.key"));
    await assert.rejects(openCredentialStore(directory), { code: "forbidden" });
  });
});

test("what cannot be a credential is refused without repeating it", async () => {
  await inFolder(async (directory) => {
    const store = await openCredentialStore(directory);
    for (const bad of ["", "with space", "line\nbreak", "tab\t", "nul\0", "schlüssel", "x".repeat(8_193)]) {
      await assert.rejects(store.put("acme", bad), (error: Error & { code?: string }) => {
        return error.code === "invalid_request" && (bad === "" || !error.message.includes(bad));
      });
    }
    assert.equal(hintOf((await store.put("acme", "short-one")).secret), "");
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { openDatabase } from "@sluice/platform/sql";
import { DirectoryStore } from "../store/directory-store.ts";
import { migrations } from "../store/migrations.ts";
import type { IdentitySchema } from "../store/schema.ts";
import { Directory } from "./directory.ts";
import { checkName } from "./names.ts";

async function start(t: TestContext): Promise<Directory> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-directory-"));
  const opened = await openDatabase<IdentitySchema>({ kind: "sqlite", file: join(folder, "identity.db") }, migrations);
  t.after(async () => {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  });
  return new Directory(new DirectoryStore(opened.db));
}

const hasCode = (code: string) => (error: unknown) => error instanceof SluiceError && error.code === code;

test("names are unique: organisations everywhere, teams and users in their organisation", async (t) => {
  const directory = await start(t);
  const acme = await directory.createOrg("Acme");
  await assert.rejects(directory.createOrg(" Acme "), hasCode("conflict"));
  await directory.createOrg("Other");
  await directory.createMember("teams", { org: "Acme", name: "core" });
  await directory.createMember("teams", { org: "Other", name: "core" });
  await directory.createMember("users", { org: acme.id, name: "core" });
  await assert.rejects(directory.createMember("teams", { org: "Acme", name: "core" }), hasCode("conflict"));
});

test("of ten who want the same name at once, one gets it", async (t) => {
  const directory = await start(t);
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => directory.createOrg("same")));
  assert.equal(tries.filter((result) => result.status === "fulfilled").length, 1);
  assert.equal((await directory.list()).orgs.length, 1);
});

test("the first organisation is made once", async (t) => {
  const directory = await start(t);
  await directory.ensureOrg("default");
  await directory.ensureOrg("default");
  await directory.ensureOrg("another");
  assert.deepEqual(
    (await directory.list()).orgs.map((org) => org.name),
    ["default"],
  );
});

test("a name is 1 to 64 printable characters and no id", () => {
  assert.equal(checkName("  Größe 🚀 "), "Größe 🚀");
  assert.equal(checkName("x".repeat(64)), "x".repeat(64));
  const id = "org_0123456789abcdefghjkmnpqr";
  for (const bad of ["", "   ", "x".repeat(65), "a\nb", "a\u202eb", "\ud800", id]) {
    assert.throws(() => checkName(bad), hasCode("invalid_request"), JSON.stringify(bad));
  }
});

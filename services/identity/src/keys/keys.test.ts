import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Bus, openBus } from "@sluice/platform/bus";
import { SluiceError } from "@sluice/platform/errors";
import { hashApiKey } from "@sluice/platform/ids";
import { createLogger } from "@sluice/platform/log";
import { openDatabase } from "@sluice/platform/sql";
import { Directory } from "../directory/directory.ts";
import { DirectoryStore } from "../store/directory-store.ts";
import { KeyStore } from "../store/key-store.ts";
import { migrations } from "../store/migrations.ts";
import type { IdentitySchema } from "../store/schema.ts";
import { Announcer } from "./announcer.ts";
import { Keys, type NewKey, type SetKeyBudget, stateOf } from "./keys.ts";

const PLAIN: NewKey = {
  org: "",
  team: "",
  user: "",
  name: "",
  ttlMs: 0n,
  budgetNanousd: undefined,
  allowedModels: [],
};

async function start(t: TestContext, parts: { setBudget?: SetKeyBudget } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "sluice-keys-"));
  const bus = await openBus({ kind: "embedded", file: join(folder, "bus.db") });
  const opened = await openDatabase<IdentitySchema>({ kind: "sqlite", file: join(folder, "identity.db") }, migrations);
  const clock = { now: 1_800_000_000_000 };
  const fault: { publish?: SluiceError } = {};
  const failing: Bus = new Proxy(bus, {
    get(target, name) {
      if (name === "publish" && fault.publish !== undefined) return async () => Promise.reject(fault.publish);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const store = new KeyStore(opened.db);
  const log = createLogger({ level: "silent", service: "identity" });
  const announcer = new Announcer({ store, bus: failing, log, retryMs: 20 });
  const directory = new Directory(new DirectoryStore(opened.db), () => clock.now);
  await directory.ensureOrg("default");
  const setBudget = parts.setBudget ?? (async () => undefined);
  const keys = new Keys({ store, directory, announcer, setBudget, now: () => clock.now });
  t.after(async () => {
    await announcer.stop();
    await opened.close();
    await bus.close();
    await rm(folder, { recursive: true, force: true });
  });
  const control = async () => await Array.fromAsync(bus.read({ stream: "SLUICE_CONTROL", untilEnd: true }));
  return { keys, directory, store, announcer, clock, fault, control };
}

const code = (wanted: string, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SluiceError, String(error));
  assert.equal(error.code, wanted);
  if (text !== undefined) assert.match(error.message, text);
  return true;
};

test("a key is found by its hash alone and only while it lives", async (t) => {
  const { keys, clock, control } = await start(t);
  const { key, secret } = await keys.create({ ...PLAIN, name: "app" });
  assert.equal((await keys.resolve(hashApiKey(secret)))?.id, key.id);
  assert.equal(await keys.resolve(hashApiKey(`${secret}x`)), undefined);
  assert.equal(await keys.resolve(new Uint8Array(5)), undefined);
  assert.ok(!JSON.stringify(key, (_, value) => (typeof value === "bigint" ? `${value}` : value)).includes(secret));
  clock.now += 1000;
  const revoked = await keys.revoke(key.display_prefix);
  assert.equal(stateOf(revoked, clock.now), "revoked");
  clock.now += 1000;
  assert.equal((await keys.revoke(key.id)).revoked_at_ms, revoked.revoked_at_ms);
  const facts = (await control()).map((fact) => `${fact.type} ${fact.id}`);
  assert.deepEqual(facts, [`key.created ${key.id}-created`, `key.revoked ${key.id}-revoked`]);
});

test("a key expires to the millisecond", async (t) => {
  const { keys, clock } = await start(t);
  const { key } = await keys.create({ ...PLAIN, ttlMs: 1000n });
  assert.equal(stateOf(key, clock.now + 999), "active");
  assert.equal(stateOf(key, clock.now + 1000), "expired");
  clock.now += 1000;
  assert.deepEqual(await keys.list({ org: "", includeEnded: false }), []);
  assert.equal((await keys.list({ org: "", includeEnded: true })).length, 1);
});

test("the budget stands before the key exists, and without it there is no key", async (t) => {
  const seen: string[] = [];
  const fixture = await start(t, {
    setBudget: async ({ tenantId, keyId, limitNanousd }) => {
      seen.push(`${tenantId.slice(0, 4)} ${limitNanousd} ${(await fixture.store.find(keyId)).length}`);
      if (limitNanousd === 13n) throw new SluiceError("unavailable", "The ledger is away.");
    },
  });
  await fixture.keys.create({ ...PLAIN, budgetNanousd: 5_000_000_000n });
  await assert.rejects(fixture.keys.create({ ...PLAIN, budgetNanousd: 13n }), code("unavailable"));
  assert.deepEqual(seen, ["org_ 5000000000 0", "org_ 13 0"]);
  assert.equal((await fixture.keys.list({ org: "", includeEnded: true })).length, 1);
});

test("fifty keys made at once are fifty different keys", async (t) => {
  const { keys, control } = await start(t);
  const made = await Promise.all(Array.from({ length: 50 }, () => keys.create(PLAIN)));
  assert.equal(new Set(made.map(({ secret }) => secret)).size, 50);
  assert.equal((await keys.list({ org: "", includeEnded: false })).length, 50);
  assert.equal((await control()).length, 50);
});

test("a full bus delays the news of a key but not the key; a revocation is reported as not yet told", async (t) => {
  const { keys, fault, announcer, control } = await start(t);
  fault.publish = new SluiceError("overloaded", "The outbox is full.");
  const { key } = await keys.create(PLAIN);
  await assert.rejects(keys.revoke(key.id), code("overloaded"));
  assert.equal(stateOf(await keys.find(key.id), Date.now()), "revoked");
  delete fault.publish;
  await announcer.catchUp();
  assert.deepEqual(
    (await control()).map((fact) => fact.type),
    ["key.created", "key.revoked"],
  );
  await announcer.catchUp();
  assert.equal((await control()).length, 2);
});

test("what a key is made of is checked", async (t) => {
  const { keys, directory } = await start(t);
  await assert.rejects(keys.create({ ...PLAIN, ttlMs: -1n }), code("invalid_request", /ttl_ms is -1/));
  await assert.rejects(keys.create({ ...PLAIN, budgetNanousd: -1n }), code("invalid_request", /zero or more/));
  await assert.rejects(keys.create({ ...PLAIN, name: "a\u0000b" }), code("invalid_request", /cannot be printed/));
  await assert.rejects(keys.create({ ...PLAIN, team: "nobody" }), code("not_found", /no team "nobody"/));
  await assert.rejects(keys.create({ ...PLAIN, org: "nowhere" }), code("not_found", /no organisation "nowhere"/));
  const spaced = keys.create({ ...PLAIN, allowedModels: ["ok/*", "not ok", ""] });
  await assert.rejects(spaced, code("invalid_request", /allowed_models\[1\], allowed_models\[2\]/));
  await directory.createOrg("second");
  await assert.rejects(keys.create(PLAIN), code("invalid_request", /several organisations/));
});

test("a whole key given by mistake is never repeated", async (t) => {
  const { keys } = await start(t);
  const { secret } = await keys.create(PLAIN);
  await assert.rejects(keys.revoke(secret), (error) => {
    assert.ok(error instanceof SluiceError);
    assert.equal(error.code, "not_found");
    assert.ok(!error.message.includes(secret.slice(0, 20)));
    return true;
  });
});

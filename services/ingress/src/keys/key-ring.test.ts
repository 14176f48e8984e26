import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { hashApiKey, newApiKey } from "@sluice/platform/ids";
import { KeyState, ResolveKeyResponse } from "@sluice/proto/identity/v1/identity_service";
import { KeyRing, type KeyRingOptions } from "./key-ring.ts";

const active = (over: object = {}): ResolveKeyResponse =>
  ResolveKeyResponse.fromPartial({ state: KeyState.KEY_STATE_ACTIVE, keyId: "key_1", tenantId: "org_1", ...over });

interface World {
  readonly ring: KeyRing;
  now: number;
  hears: boolean;
  lookups: number;
  answer: () => Promise<ResolveKeyResponse>;
}

function world(over: Partial<KeyRingOptions> = {}): World {
  const state = { now: 1_000, hears: true, lookups: 0, answer: async () => active() };
  const ring = new KeyRing({
    identity: {
      resolveKey: () => {
        state.lookups++;
        return state.answer();
      },
    },
    freshMs: 30_000,
    unknownFreshMs: 1_000,
    staleMaxMs: 60_000,
    capacity: 10,
    hearsRevocations: () => state.hears,
    now: () => state.now,
    ...over,
  });
  return Object.assign(state, { ring });
}

const hashOf = (key: string): string => hashApiKey(key).toString("hex");

test("a lookup that began before a revocation is not remembered", async () => {
  const here = world();
  const key = newApiKey();
  const { promise, resolve } = Promise.withResolvers<ResolveKeyResponse>();
  here.answer = () => promise;
  const slow = here.ring.resolve(key);
  here.ring.forget(hashOf(key));
  here.answer = async () => active({ state: KeyState.KEY_STATE_REVOKED });
  await assert.rejects(async () => here.ring.resolve(key), /revoked/);
  resolve(active());
  assert.equal((await slow).keyId, "key_1");
  await assert.rejects(async () => here.ring.resolve(key), /revoked/);
});

test("a process that hears no revocations asks anew after a second", async () => {
  const here = world();
  const key = newApiKey();
  await here.ring.resolve(key);
  here.now += 2_000;
  await here.ring.resolve(key);
  assert.equal(here.lookups, 1);
  here.hears = false;
  await here.ring.resolve(key);
  assert.equal(here.lookups, 2);
});

test("a stale key goes on for its time and no longer", async () => {
  const here = world();
  const key = newApiKey();
  await here.ring.resolve(key);
  here.answer = async () => {
    throw new SluiceError("unavailable", "away");
  };
  here.now += 59_000;
  assert.equal((await here.ring.resolve(key)).keyId, "key_1");
  here.now += 1_001;
  await assert.rejects(async () => here.ring.resolve(key), { code: "unavailable" });
});

test("a revocation is not forgotten because the identity service is away", async () => {
  const here = world();
  const key = newApiKey();
  await here.ring.resolve(key);
  here.ring.forget(hashOf(key));
  here.answer = async () => {
    throw new SluiceError("unavailable", "away");
  };
  await assert.rejects(async () => here.ring.resolve(key), { code: "unavailable" });
});

test("the number of keys remembered is bounded", async () => {
  const here = world({ capacity: 2 });
  const keys = [newApiKey(), newApiKey(), newApiKey()];
  for (const key of keys) await here.ring.resolve(key);
  await here.ring.resolve(keys[2] ?? "");
  assert.equal(here.lookups, 3);
  await here.ring.resolve(keys[0] ?? "");
  assert.equal(here.lookups, 4);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { ResolveSessionResponse, SessionState } from "@sluice/proto/identity/v1/identity_service";
import { SessionRing, type SessionRingOptions } from "./session-ring.ts";

const ID = "ses_0123456789abcdefghjkmnpqr";

const open = (over: object = {}): ResolveSessionResponse =>
  ResolveSessionResponse.fromPartial({
    session: { id: ID, keyId: "key_1", state: SessionState.SESSION_STATE_OPEN, expiresAtMs: 1_000_000n, ...over },
  });

function world(over: Partial<SessionRingOptions> = {}) {
  const state = { now: 1_000, hears: true, lookups: 0, answer: async () => open() };
  const ring = new SessionRing({
    identity: {
      resolveSession: () => {
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
  return Object.assign(state, { ring, find: async () => await ring.resolve(ID, "key_1") });
}

const away = async (): Promise<ResolveSessionResponse> => {
  throw new SluiceError("unavailable", "away");
};

test("a lookup that began before a closing is not remembered", async () => {
  const here = world();
  const { promise, resolve } = Promise.withResolvers<ResolveSessionResponse>();
  here.answer = () => promise;
  const slow = here.find();
  here.ring.forget(ID);
  here.answer = async () => open({ state: SessionState.SESSION_STATE_CLOSED });
  resolve(open());
  assert.equal((await slow).id, ID);
  await assert.rejects(here.find(), /is closed/);
});

test("a process that hears no closings asks anew after a second", async () => {
  const here = world();
  await here.find();
  here.now += 2_000;
  await here.find();
  assert.equal(here.lookups, 1);
  here.hears = false;
  await here.find();
  assert.equal(here.lookups, 2);
});

test("a known session goes on for its time while the identity service is away, and not beyond its own end", async () => {
  const here = world();
  await here.find();
  here.answer = away;
  here.now += 59_000;
  assert.equal((await here.find()).id, ID);
  here.now += 1_001;
  await assert.rejects(here.find(), { code: "unavailable" });
  const short = world();
  short.answer = async () => open({ expiresAtMs: 5_000n });
  await short.find();
  short.now = 5_000;
  await assert.rejects(short.find(), { code: "forbidden", message: /has expired at 1970/ });
});

test("an unknown session is not asked for again and again, and becomes known a second later", async () => {
  const here = world();
  here.answer = async () => ResolveSessionResponse.create();
  for (let i = 0; i < 3; i++) await assert.rejects(here.find(), { code: "forbidden" });
  assert.equal(here.lookups, 1);
  here.answer = async () => open();
  here.now += 1_000;
  assert.equal((await here.find()).id, ID);
});

test("calls at the same time ask once; another key's session is as unknown as none", async () => {
  const here = world();
  const found = await Promise.all(Array.from({ length: 5 }, () => here.find()));
  assert.deepEqual([found.length, here.lookups], [5, 1]);
  await assert.rejects(async () => here.ring.resolve(ID, "key_2"), {
    code: "forbidden",
    message: /no session of this/,
  });
});

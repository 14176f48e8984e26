import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { type AccessToken, readToken, TokenKeeper } from "./access-token.ts";

interface Service {
  nowMs: number;
  /** Exchanges that wait for their answer. */
  readonly waiting: { resolve(token: AccessToken): void; reject(error: Error): void }[];
  readonly keeper: TokenKeeper;
}

function service(): Service {
  const made: Service = {
    nowMs: 0,
    waiting: [],
    keeper: new TokenKeeper({
      now: () => made.nowMs,
      fetch: () => new Promise((resolve, reject) => void made.waiting.push({ resolve, reject })),
    }),
  };
  return made;
}

const HOUR_MS = 3_600_000;

async function withToken(): Promise<Service> {
  const made = service();
  const taken = made.keeper.take();
  made.waiting.shift()?.resolve({ text: "one", endsAtMs: HOUR_MS });
  assert.equal(await taken, "one");
  return made;
}

test("everyone who waits for the first token waits for one exchange", async () => {
  const made = service();
  const taken = [made.keeper.take(), made.keeper.take(), made.keeper.take()];
  assert.equal(made.waiting.length, 1);
  made.waiting[0]?.resolve({ text: "one", endsAtMs: HOUR_MS });
  assert.deepEqual(await Promise.all(taken), ["one", "one", "one"]);
  assert.equal(made.keeper.take(), "one", "then nobody waits");
});

test("a token is renewed before it ends, while the old one serves", async () => {
  const made = await withToken();
  made.nowMs = HOUR_MS * 0.85;
  assert.deepEqual([made.keeper.take(), made.keeper.take(), made.waiting.length], ["one", "one", 1]);
  made.waiting.shift()?.resolve({ text: "two", endsAtMs: 2 * HOUR_MS });
  await new Promise(setImmediate);
  assert.equal(made.keeper.take(), "two");
});

test("a renewal that fails is tried again, and nobody notices before the old token ends", async () => {
  const made = await withToken();
  made.nowMs = HOUR_MS * 0.85;
  made.keeper.take();
  made.waiting.shift()?.reject(new Error("down"));
  await new Promise(setImmediate);
  assert.deepEqual([made.keeper.take(), made.waiting.length], ["one", 0]);
  made.nowMs += 6_000;
  assert.deepEqual([made.keeper.take(), made.waiting.length], ["one", 1]);
  made.nowMs = HOUR_MS;
  const late = made.keeper.take();
  made.waiting.shift()?.reject(new Error("still down"));
  await assert.rejects(async () => await late, /still down/);
});

test("a token that was refused is not used again", async () => {
  const made = await withToken();
  made.keeper.drop();
  const next = made.keeper.take();
  made.waiting.shift()?.resolve({ text: "two", endsAtMs: HOUR_MS });
  assert.deepEqual([await next, made.keeper.current], ["two", "two"]);
});

test("refusals that have nothing to do with the token do not fetch one each", async () => {
  const made = await withToken();
  made.keeper.drop();
  const next = made.keeper.take();
  made.waiting.shift()?.resolve({ text: "two", endsAtMs: HOUR_MS });
  await next;
  made.keeper.drop();
  assert.deepEqual([made.keeper.take(), made.waiting.length], ["two", 0]);
  made.nowMs += 30_000;
  made.keeper.drop();
  const later = made.keeper.take();
  made.waiting.shift()?.resolve({ text: "three", endsAtMs: HOUR_MS });
  assert.equal(await later, "three");
});

test("a token service's answer is a token, a refusal of the credential, or a failure that passes", () => {
  const good = readToken({ status: 200, body: { access_token: "t", expires_in: 3_599 } }, "acme", 1_000);
  assert.deepEqual(good, { text: "t", endsAtMs: 3_600_000 });
  const codeOf = (status: number, body: unknown): string => {
    try {
      readToken({ status, body }, "acme", 0);
    } catch (error) {
      return SluiceError.from(error).code;
    }
    return "none";
  };
  assert.equal(codeOf(400, { error: "invalid_grant", error_description: "Bad signature" }), "upstream_unauthenticated");
  assert.equal(codeOf(200, { token: "t" }), "upstream_unauthenticated");
  assert.equal(codeOf(503, undefined), "upstream_unavailable");
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import { hashApiKey, newApiKey } from "@sluice/platform/ids";
import { KeyState } from "@sluice/proto/identity/v1/identity_service";
import { eventually } from "../harness/poll.ts";
import {
  activeKey,
  batch,
  type DoorOptions,
  finish,
  head,
  openDoor,
  start,
  summary,
  type TestDoor,
  text,
} from "./ingress-door.ts";

const doors: TestDoor[] = [];
after(() => Promise.all(doors.map((door) => door.stop())));

async function open(options: DoorOptions = {}): Promise<TestDoor> {
  const door = await openDoor(options);
  doors.push(door);
  return door;
}

const ask = { model: "sim/small", messages: [{ role: "user", content: "Hi" }] };
const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

/** A promise with its handles, so that a test decides when a route goes on. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

test("a key is looked up once for many requests, and again after its revocation", async () => {
  let state: KeyState = KeyState.KEY_STATE_ACTIVE;
  const key = newApiKey();
  const door = await open({ resolve: () => activeKey({ state }) });
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await door.chat(ask, bearer(key))).status),
  );
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.equal(door.lookups.length, 1);
  state = KeyState.KEY_STATE_REVOKED;
  assert.equal((await door.chat(ask, bearer(key))).status, 200);
  door.revoke(key);
  await eventually(async () => assert.equal((await door.chat(ask, bearer(key))).status, 401), {
    timeoutMs: 1_000,
    message: "the revocation acts",
  });
  assert.match(await (await door.chat(ask, bearer(key))).text(), /revoked/);
});

test("unknown keys are refused without asking again, mistyped ones without asking at all", async () => {
  const door = await open({ config: { unknown_key_cache_ms: 60_000 } });
  const stranger = newApiKey();
  for (let i = 0; i < 3; i++) assert.equal((await door.chat(ask, bearer(stranger))).status, 401);
  assert.deepEqual(door.lookups, [hashApiKey(stranger).toString("hex")]);
  assert.equal((await door.chat(ask, bearer("sk-sluice-nonsense"))).status, 401);
  assert.equal(door.lookups.length, 1);
});

test("while the identity service is away known keys go on, others get 503", async () => {
  let away = false;
  const known = newApiKey();
  const door = await open({
    config: { key_cache_ms: 0 },
    resolve: () => {
      if (away) throw new SluiceError("unavailable", "away");
      return activeKey();
    },
  });
  assert.equal((await door.chat(ask, bearer(known))).status, 200);
  away = true;
  assert.equal((await door.chat(ask, bearer(known))).status, 200);
  const other = await door.chat(ask, bearer(newApiKey()));
  assert.equal(other.status, 503);
  assert.equal(other.headers.get("retry-after"), "1");
});

test("expiry is checked at each request, not at each lookup", async () => {
  const key = newApiKey();
  const door = await open({ resolve: () => activeKey({ expiresAtMs: BigInt(Date.now() + 300) }) });
  assert.equal((await door.chat(ask, bearer(key))).status, 200);
  await eventually(async () => assert.equal((await door.chat(ask, bearer(key))).status, 401), {
    timeoutMs: 5_000,
    message: "the key expires",
  });
});

test("a key's models bound what it may ask for and what it is shown", async () => {
  const key = newApiKey();
  const door = await open({ models: ["sim/small", "other/x"], resolve: () => activeKey({ allowedModels: ["sim/*"] }) });
  assert.equal((await door.chat(ask, bearer(key))).status, 200);
  const refused = await door.chat({ ...ask, model: "other/x" }, bearer(key));
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /may not use the model \\"other\/x\\"/);
  const list = (await (await door.fetch("/v1/models", bearer(key))).json()) as { data: { id: string }[] };
  assert.deepEqual(
    list.data.map((model) => model.id),
    ["sim/small"],
  );
});

test("requests beyond the limits get 503 and 429 with a wait", async () => {
  const held = gate();
  const route: DoorOptions["route"] = async function* () {
    yield head();
    await held.opened;
    yield batch(start, text("x"), finish());
    yield summary();
  };
  const full = await open({ route, config: { max_in_flight: 2 } });
  const single = await open({ route, config: { max_in_flight_per_key: 2 } });
  for (const [door, status] of [
    [full, 503],
    [single, 429],
  ] as const) {
    const running = [door.chat(ask), door.chat(ask)];
    await eventually(
      async () => {
        const third = await door.chat(ask, { signal: AbortSignal.timeout(200) }).catch(() => undefined);
        assert.equal(third?.status, status);
        assert.equal(third?.headers.get("retry-after"), "1");
      },
      { timeoutMs: 5_000, message: "the limit bites" },
    );
    void Promise.all(running);
  }
  held.open();
});

test("a silent stream is kept alive, but only after its first content", async () => {
  const go = gate();
  const door = await open({
    config: { stream_silence_ms: 20 },
    route: async function* () {
      yield head();
      yield batch(start, text("Wait"));
      await go.opened;
      yield batch(finish());
      yield summary();
    },
  });
  const response = await door.chat({ ...ask, stream: true });
  let all = "";
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    all += piece;
    if (all.split(": keep-alive\n\n").length > 3) go.open();
  }
  assert.match(all, /^data: .*Wait/);
  assert.match(all, /data: \[DONE\]\n\n$/);
});

test("a slow reader holds the provider back instead of filling memory", async () => {
  const door = await open({
    route: async function* ({ chat }) {
      yield head();
      yield batch(start);
      const piece = "x".repeat(64 * 1024);
      for (let i = 0; i < 2_000; i++) {
        produced = i;
        yield batch(text(piece));
      }
      yield batch(finish());
      yield summary();
      assert.ok(chat);
    },
  });
  let produced = 0;
  const socket = connect(Number(new URL(door.url).port), "127.0.0.1");
  const body = JSON.stringify({ ...ask, stream: true });
  socket.pause();
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${door.key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await eventually(() => assert.ok(produced > 5), { timeoutMs: 5_000, message: "the stream flows" });
  let last = -1;
  await eventually(
    () => {
      const before = last;
      last = produced;
      assert.equal(produced, before);
    },
    { timeoutMs: 10_000, intervalMs: 200, message: "the stream stands still" },
  );
  assert.ok(produced < 400, `${produced} pieces were made for a reader that reads nothing`);
  socket.destroy();
});

test("draining lets streams finish and takes nothing new", async () => {
  const go = gate();
  const door = await open({
    route: async function* () {
      yield head();
      yield batch(start, text("Wait"));
      await go.opened;
      yield batch(text(" done"), finish());
      yield summary();
    },
  });
  const streaming = await door.chat({ ...ask, stream: true });
  const drained = door.service.drain(10_000);
  assert.notEqual(door.service.notReady(), undefined);
  await assert.rejects(fetch(`${door.url}/healthz`, { headers: { connection: "close" } }));
  go.open();
  assert.match(await streaming.text(), / done[\s\S]*\[DONE\]/);
  await drained;
});

test("what is left at the drain's deadline ends with an explicit error", async () => {
  const signals: AbortSignal[] = [];
  const door = await open({
    route: async function* ({ chat }, { signal }) {
      signals.push(signal);
      yield head();
      if (chat?.stream === true) yield batch(start, text("Wait"));
      await once(signal, "abort");
    },
  });
  const plain = door.chat(ask);
  await eventually(() => assert.equal(signals.length, 1), { timeoutMs: 5_000, message: "the plain request runs" });
  const streaming = await door.chat({ ...ask, stream: true });
  await door.service.drain(50);
  const told = await streaming.text();
  assert.match(told, /"code":"unavailable"/);
  assert.doesNotMatch(told, /\[DONE\]|"finish_reason":"/);
  assert.equal((await plain).status, 503);
  assert.ok(signals.every((signal) => signal.aborted));
});

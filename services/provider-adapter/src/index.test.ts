import assert from "node:assert/strict";
import { test } from "node:test";
import { providerAdapterConfig } from "./config.ts";
import { openSse, plainAnswer, wire } from "./testing/upstream.ts";
import { attemptOf, chatOf, readAll, startWorld } from "./testing/world.ts";

const SECRET = "keyed-secret-0123456789-abcd";

test("the section parses from nothing, and refuses what could hold a key or lead astray", () => {
  assert.equal(providerAdapterConfig.parse({}).connections_per_provider, 256);
  const provider = (fields: object) => providerAdapterConfig.safeParse({ providers: { acme: fields } }).success;
  assert.equal(provider({ base_url: "https://api.example.com/v1", models: ["m"] }), true);
  for (const bad of ["ftp://x", "http://u:p@x", "https://x/v1?key=1", "file:///etc/passwd", "nonsense"]) {
    assert.equal(provider({ base_url: bad }), false, bad);
  }
  assert.equal(provider({ api_key: "x" }), false);
  assert.equal(providerAdapterConfig.safeParse({ surprise: 1 }).success, false);
});

test("a provider that is not built in needs an address and models", async () => {
  await assert.rejects(startWorld({ providers: { acme: { models: ["m"] } } }), {
    message: /acme\.base_url is missing/,
  });
  await assert.rejects(startWorld({ providers: { acme: { base_url: "http://x/v1" } } }), {
    message: /acme\.models is missing/,
  });
});

test("a provider added by configuration speaks the wire it names", async () => {
  const calls = [
    ["anthropic", "/v1/messages", "x-api-key"],
    ["gemini", "/v1/models/m-1:generateContent", "x-goog-api-key"],
  ] as const;
  for (const [name, path, header] of calls) {
    const place = { base_url: "http://127.0.0.1:1/v1", models: ["m-1"] };
    const world = await startWorld({ providers: { acme: { ...place, wire: name } } }, ["acme"]);
    try {
      await world.client.putCredential({ provider: "acme", secret: SECRET });
      await readAll(world.client.generate(attemptOf("acme", chatOf("hi"))));
      const seen = world.upstream.seen[0];
      assert.deepEqual([seen?.path, seen?.headers[header]], [path, SECRET]);
    } finally {
      await world.close();
    }
  }
  await assert.rejects(startWorld({ providers: { openai: { wire: "anthropic" } } }), {
    message: /openai\.wire cannot/,
  });
});

test("a stored credential makes models available, is sent, is announced, and appears nowhere else", async () => {
  const world = await startWorld();
  try {
    const before = await world.client.listCatalog({ knownVersion: "" });
    const isAvailable = (list: typeof before) => list.models.find(({ provider }) => provider === "keyed")?.available;
    assert.equal(isAvailable(before), false);
    assert.equal((await world.client.listCatalog({ knownVersion: before.version })).unchanged, true);
    assert.equal((await world.client.putCredential({ provider: "keyed", secret: SECRET })).hint, "abcd");
    const after = await world.client.listCatalog({ knownVersion: before.version });
    assert.deepEqual([after.unchanged, isAvailable(after)], [false, true]);
    const listed = (await world.client.listCredentials({})).credentials.find(({ provider }) => provider === "keyed");
    assert.deepEqual([listed?.present, listed?.hint, listed?.needed], [true, "abcd", true]);

    world.upstream.script = (response) => void response.writeHead(401).end(`{"error":{"message":"Bad key ${SECRET}"}}`);
    const got = await readAll(world.client.generate(attemptOf("keyed", chatOf("hi"))));
    assert.equal(world.upstream.seen[0]?.headers.authorization, `Bearer ${SECRET}`);
    assert.equal(got.thrown?.code, "upstream_unauthenticated");
    assert.deepEqual(await world.client.deleteCredential({ provider: "keyed" }), { deleted: true });
    const announced = world.bus.events.filter(({ type }) => type === "credential.changed");
    assert.deepEqual(
      announced.map(({ payload }) => "present" in payload && payload.present),
      [true, false],
    );
    const everything = JSON.stringify(
      [got.thrown, got.thrown?.message, got.thrown?.details, world.bus.events, world.logged()],
      (_, value) => (typeof value === "bigint" ? String(value) : value),
    );
    assert.doesNotMatch(everything, new RegExp(SECRET));
    await assert.rejects(world.client.putCredential({ provider: "nobody", secret: SECRET }), { code: "not_found" });
  } finally {
    await world.close();
  }
});

test("the simulator answers at its door with the installation's own key, also under variant names", async () => {
  const world = await startWorld();
  try {
    world.upstream.script = (response) => {
      openSse(response);
      response.end(wire.text("Hi") + wire.finish() + wire.usage() + wire.done());
    };
    const request = attemptOf("sim", chatOf("hi", { stream: true }), { model: "exact+cut=12", priceId: "" });
    assert.equal((await readAll(world.client.generate(request))).text, "Hi");
    const seen = world.upstream.seen[0];
    assert.equal(seen?.path, "/v1/chat/completions");
    assert.equal(seen.body["model"], "exact+cut=12");
    assert.equal(seen.headers.authorization, `Bearer ${Buffer.alloc(32, "simulator-api-key").toString("base64url")}`);
    assert.equal((await world.metered()).priceId, "sim/exact");
    const { models } = await world.client.listCatalog({ knownVersion: "" });
    const exact = models.find(({ provider, model }) => provider === "sim" && model === "exact");
    assert.deepEqual([exact?.simulated, exact?.variants, exact?.available], [true, true, true]);
    assert.equal(models.find(({ model }) => model === "gpt-4o")?.available, false);
  } finally {
    await world.close();
  }
});

test("a hundred attempts at once are each metered once and leave nothing running", async () => {
  const world = await startWorld({ connections_per_provider: 8 });
  try {
    world.upstream.script = (response) => void response.end(plainAnswer());
    const attempts = Array.from({ length: 100 }, (_, index) =>
      attemptOf("fake", chatOf("hi"), { attemptId: `att_${index}` }),
    );
    const all = await Promise.all(attempts.map((attempt) => readAll(world.client.generate(attempt))));
    assert.ok(all.every(({ text, tail }) => text === "Hello there" && tail?.error === undefined));
    const ids = world.bus.metered().map(({ attemptId }) => attemptId);
    assert.deepEqual([ids.length, new Set(ids).size], [100, 100]);
    await world.running.drain(1_000);
  } finally {
    await world.close();
  }
});

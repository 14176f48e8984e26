import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Bus } from "@sluice/platform/bus";
import { ask, type IdentityUnderTest, STORY, startIdentityForTest, type TestOptions } from "../testing/index.ts";

async function start(t: TestContext, options: TestOptions = {}): Promise<IdentityUnderTest> {
  const identity = await startIdentityForTest(options);
  t.after(() => identity.close());
  return identity;
}

const codeOf = (json: Record<string, unknown>) => (json["error"] as { code: string }).code;

async function audits(identity: IdentityUnderTest): Promise<Record<string, string>[]> {
  return (await identity.events("SLUICE_AUDIT")).map((fact) => JSON.parse(fact.json) as Record<string, string>);
}

test("without the token nothing is answered, whatever is asked, and it is audited", async (t) => {
  const identity = await start(t);
  for (const token of ["", "wrong", `${"a".repeat(43)}`]) {
    for (const path of ["/keys", "/nowhere"]) {
      const answer = await ask(identity.directory, { path, token });
      assert.equal(answer.status, 401);
      assert.equal(codeOf(answer.json), "unauthenticated");
    }
  }
  const facts = await audits(identity);
  assert.equal(facts.length, 6);
  for (const fact of facts) assert.deepEqual([fact["actor"], fact["outcome"]], ["unknown", "unauthenticated"]);
});

test("socket and token belong to their owner alone, and the token stays over a restart", async (t) => {
  const identity = await start(t);
  const mode = async (name: string) => (await stat(join(identity.directory, name))).mode & 0o777;
  assert.deepEqual(
    [await mode("admin.sock"), await mode("admin.token"), await mode("admin.json")],
    [0o600, 0o600, 0o600],
  );
  const before = await readFile(join(identity.directory, "admin.token"), "utf8");
  await identity.restart();
  assert.equal(await readFile(join(identity.directory, "admin.token"), "utf8"), before);
  assert.equal((await ask(identity.directory, { path: "/keys" })).status, 200);
});

test("a token others can read is refused", async (t) => {
  const identity = await start(t);
  await chmod(join(identity.directory, "admin.token"), 0o644);
  const { doorToken } = await import("./token.ts");
  await assert.rejects(doorToken(join(identity.directory, "admin.token")), /can be read by others/);
});

test("a dead process's socket is replaced, a living one's and a plain file are not", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-door-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "admin.sock");
  const other = createServer().listen(path);
  await new Promise((resolve) => other.once("listening", resolve));
  await assert.rejects(
    startIdentityForTest({ config: { admin_directory: folder } }),
    /Another gateway already listens/,
  );
  await new Promise((resolve) => other.close(resolve));
  await writeFile(path, "");
  await assert.rejects(startIdentityForTest({ config: { admin_directory: folder } }), /in the way and no socket/);
  assert.equal(await readFile(path, "utf8"), "");
});

test("on loopback, and where a path is too long for a socket, the door has a URL", async (t) => {
  const identity = await start(t, { config: { admin_listen: "loopback" } });
  const address = JSON.parse(await readFile(join(identity.directory, "admin.json"), "utf8")) as Record<string, string>;
  assert.match(address["url"] ?? "", /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await ask(identity.directory, { path: "/orgs" })).status, 200);
  const long = join(identity.directory, "x".repeat(100));
  const far = await startIdentityForTest({ config: { admin_directory: long } });
  t.after(() => far.close());
  assert.equal((await ask(long, { path: "/orgs" })).status, 200);
});

test("a key's life over the door: made with a budget, listed without its secret, ended", async (t) => {
  const identity = await start(t);
  const { directory } = identity;
  await ask(directory, { method: "POST", path: "/teams", body: { name: "core" } });
  const body = {
    name: "app",
    team: "core",
    budget_nanousd: "9007199254740993",
    ttl_ms: 60_000,
    allowed_models: ["sim/*"],
  };
  const made = await ask(directory, { method: "POST", path: "/keys", body });
  assert.equal(made.status, 200, made.text);
  const key = made.json["key"] as Record<string, unknown>;
  assert.equal(key["state"], "active");
  assert.deepEqual(
    [...identity.ledger.limits.values()].map(({ limit }) => limit),
    [9_007_199_254_740_993n],
  );
  const secret = String(made.json["secret"]);
  const listed = await ask(directory, { path: "/keys" });
  assert.ok(!listed.text.includes(secret) && listed.text.includes(String(key["display_prefix"])));
  const ended = await ask(directory, { method: "DELETE", path: `/keys/${key["id"]}` });
  assert.equal((ended.json["key"] as Record<string, unknown>)["state"], "revoked");
  assert.deepEqual((await ask(directory, { path: "/keys" })).json["keys"], []);
  assert.equal(((await ask(directory, { path: "/keys?include_ended=true" })).json["keys"] as unknown[]).length, 1);
  const control = (await identity.events("SLUICE_CONTROL")).map((fact) => fact.type);
  assert.deepEqual(control, ["key.created", "key.revoked"]);
  const facts = (await audits(identity)).map((fact) => `${fact["action"]} ${fact["target"]}`);
  assert.ok(facts.includes(`key.create ${key["id"]}`) && facts.includes(`key.revoke ${key["id"]}`), facts.join("\n"));
});

test("every problem of a body is told at once, in the door's one shape", async (t) => {
  const { directory } = await start(t);
  const body = { budget_nanousd: 5, ttl_ms: "soon", colour: "red" };
  const answer = await ask(directory, { method: "POST", path: "/keys", body });
  assert.equal(answer.status, 400);
  const error = answer.json["error"] as Record<string, unknown>;
  assert.deepEqual(Object.keys(error), ["code", "message", "param", "facts"]);
  for (const word of ["budget_nanousd", "ttl_ms", "colour"]) assert.match(String(error["message"]), new RegExp(word));
});

test("broken, foreign and oversized bodies are refused without quoting them", async (t) => {
  const identity = await start(t, { config: { admin_body_bytes_max: 1024 } });
  const { directory } = identity;
  const put = { method: "PUT", path: "/credentials/acme" };
  const broken = await ask(directory, { ...put, rawBody: '{"secret": "acme-very-secret' });
  assert.deepEqual([broken.status, codeOf(broken.json)], [400, "invalid_request"]);
  const foreign = await ask(directory, { ...put, rawBody: "acme-very-secret", contentType: "text/csv" });
  assert.deepEqual([foreign.status, codeOf(foreign.json)], [415, "unsupported_media_type"]);
  const large = await ask(directory, { ...put, body: { secret: "acme-very-secret".repeat(100) } });
  assert.deepEqual([large.status, codeOf(large.json)], [413, "payload_too_large"]);
  const nowhere = await ask(directory, { path: "/acme-very-secret" });
  assert.deepEqual([nowhere.status, codeOf(nowhere.json)], [404, "not_found"]);
  for (const { text } of [broken, foreign, large, nowhere]) assert.ok(!text.includes("acme-very-secret"), text);
});

test("a secret goes in and appears nowhere: no answer, no log line, no event, no file", async (t) => {
  const identity = await start(t);
  const { directory } = identity;
  const secret = "acme-THE-SECRET-0123456789";
  const put = await ask(directory, { method: "PUT", path: "/credentials/acme", body: { secret } });
  assert.deepEqual(put.json, { provider: "acme", hint: "6789" });
  assert.equal(identity.providers.secrets.get("acme"), secret);
  const unknown = await ask(directory, { method: "PUT", path: "/credentials/other", body: { secret } });
  assert.equal(unknown.status, 404);
  const made = await ask(directory, { method: "POST", path: "/keys", body: {} });
  const keySecret = String(made.json["secret"]);
  const listed = await ask(directory, { path: "/credentials" });
  const token = (await readFile(join(directory, "admin.token"), "utf8")).trim();
  const facts = [...(await identity.events("SLUICE_AUDIT")), ...(await identity.events("SLUICE_CONTROL"))];
  const places = [identity.logged(), listed.text, unknown.text, ...facts.map((fact) => fact.json)].join("\n");
  for (const hidden of [secret, keySecret, token]) assert.ok(!places.includes(hidden));
  for (const name of ["identity/identity.db", "bus.db", "identity/identity.db-wal", "bus.db-wal"]) {
    const bytes = await readFile(join(directory, name)).catch(() => Buffer.alloc(0));
    for (const hidden of [secret, keySecret, token]) assert.ok(!bytes.includes(hidden), name);
  }
});

test("budgets are set, read with names and removed; the ledger's absence is said plainly", async (t) => {
  const identity = await start(t);
  const { directory } = identity;
  await ask(directory, { method: "POST", path: "/users", body: { name: "ada" } });
  const body = { account_kind: "user", account: "ada", unit: "nanousd", limit: "5000000000" };
  const set = await ask(directory, { method: "PUT", path: "/budgets", body });
  assert.equal(set.status, 200, set.text);
  const listed = (await ask(directory, { path: "/budgets?org=default" })).json["budgets"] as Record<string, unknown>[];
  assert.deepEqual(
    listed.map((row) => [row["account_kind"], row["name"], row["limit"], row["spent"]]),
    [["user", "ada", "5000000000", "1250000000"]],
  );
  const query = "account_kind=user&account=ada&unit=nanousd";
  assert.equal((await ask(directory, { method: "DELETE", path: `/budgets?${query}` })).status, 200);
  assert.deepEqual((await ask(directory, { path: "/budgets" })).json["budgets"], []);
  const { SluiceError } = await import("@sluice/platform/errors");
  identity.ledger.down = new SluiceError("unavailable", "LedgerService at 127.0.0.1:1 cannot be reached.");
  const away = await ask(directory, { path: "/budgets" });
  assert.deepEqual([away.status, codeOf(away.json)], [503, "unavailable"]);
  const status = await ask(directory, { path: "/status" });
  assert.equal(status.status, 200);
  assert.match(status.text, /"service":"ledger","problem":"unavailable: LedgerService/);
});

test("reports, postings, counts, models and catalogue are passed through exactly", async (t) => {
  const { directory } = await start(t);
  assert.match((await ask(directory, { path: "/report?from_ms=0" })).text, /"output_tokens":"9007199254740993"/);
  assert.deepEqual((await ask(directory, { path: "/postings?limit=5" })).json, { postings: [] });
  assert.equal((await ask(directory, { path: "/postings?limit=0" })).status, 400);
  assert.deepEqual((await ask(directory, { path: "/counts?model=sim/small" })).json, { minutes: [] });
  assert.match((await ask(directory, { path: "/models" })).text, /"name":"sim\/small"/);
  assert.match((await ask(directory, { path: "/catalog" })).text, /"price_id":"sim\/small"/);
  assert.match((await ask(directory, { path: "/ledger" })).text, /"balanced":true/);
});

test("a request's story is passed on exactly: amounts as text, moments as numbers, absent facts left out", async (t) => {
  const { directory } = await start(t);
  const { status, json } = await ask(directory, { path: `/requests/${STORY.requestId}` });
  assert.equal(status, 200);
  const [first, second] = json["attempts"] as Record<string, unknown>[];
  assert.deepEqual([json["bill_nanousd"], json["arrived_at_ms"]], ["1000001", 1_795_374_000_000]);
  assert.deepEqual([first?.["first_content_ms"], second?.["first_content_ms"]], [undefined, 120]);
  const usage = second?.["usage"] as Record<string, unknown>;
  assert.deepEqual([usage["output_tokens"], usage["cache_write_5m_tokens"]], ["9007199254740993", undefined]);
  const unknown = await ask(directory, { path: "/requests/req_0000000000000000000000xyz" });
  assert.deepEqual([unknown.status, codeOf(unknown.json)], [404, "not_found"]);
});

test("the limit probe proves a refusal and leaves no key and no budget", async (t) => {
  const identity = await start(t);
  const { directory, ledger } = identity;
  const probe = await ask(directory, { method: "POST", path: "/doctor/limit-probe" });
  assert.deepEqual([probe.status, probe.json["refused"], probe.json["reason"]], [200, true, "budget"], probe.text);
  ledger.careless = true;
  const careless = await ask(directory, { method: "POST", path: "/doctor/limit-probe" });
  assert.equal(careless.json["refused"], false);
  assert.equal(ledger.voided.length, 1);
  assert.equal(ledger.limits.size, 0);
  assert.deepEqual((await ask(directory, { path: "/keys?include_ended=true" })).json["keys"], []);
});

test("events are read to their end, filtered, or followed until the caller leaves or the door closes", async (t) => {
  const identity = await start(t, { config: { admin_event_streams_max: 1 } });
  const { directory } = identity;
  await ask(directory, { method: "POST", path: "/keys", body: {} });
  const read = await ask(directory, { path: "/events?stream=all&from=1&follow=false" });
  const lines = read.text.split("\n").filter((line) => line !== "");
  const facts = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(facts.map((fact) => fact["type"]).sort(), ["audit.recorded", "audit.recorded", "key.created"]);
  const one = await ask(directory, { path: "/events?stream=control&from=1&follow=false&type=key.revoked" });
  assert.equal(one.text.trim(), "");
  assert.match((await ask(directory, { path: "/events?stream=nowhere" })).text, /choose one of decisions, attempts/);
  assert.match((await ask(directory, { path: "/events?stream=audit&type=x" })).text, /no event type/);
  const following = ask(directory, { path: "/events?stream=control" });
  const opened = async () => (await audits(identity)).filter((fact) => fact["target"] === "control").length;
  while ((await opened()) < 2) await new Promise((resolve) => setImmediate(resolve));
  const second = await ask(directory, { path: "/events?stream=control&follow=false" });
  assert.deepEqual([second.status, codeOf(second.json)], [503, "overloaded"]);
  await identity.running.drain(5000);
  assert.equal((await following).status, 200);
});

test("a change that cannot be audited is not made", async (t) => {
  const full = { health: () => ({ connected: true, outboxFacts: 9, outboxFullness: 1 }) };
  const wrapBus = (bus: Bus): Bus =>
    new Proxy(bus, {
      get(target, name) {
        const value: unknown = name === "health" ? full.health : Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const identity = await start(t, { wrapBus });
  const refused = await ask(identity.directory, { method: "POST", path: "/orgs", body: { name: "x" } });
  assert.deepEqual([refused.status, codeOf(refused.json)], [503, "overloaded"]);
  assert.equal(((await ask(identity.directory, { path: "/orgs" })).json["orgs"] as unknown[]).length, 1);
});

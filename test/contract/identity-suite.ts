import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ask, type IdentityUnderTest, startIdentityForTest, type TestOptions } from "@sluice/identity/testing";
import { SluiceError } from "@sluice/platform/errors";
import { createClient, openLocalChannel } from "@sluice/platform/rpc";
import { Unit } from "@sluice/proto/common/v1/money";
import { IdentityServiceDefinition, SessionState } from "@sluice/proto/identity/v1/identity_service";
import { RefusalReason } from "@sluice/proto/ledger/v1/ledger_service";
import { eventually } from "../harness/index.ts";

type Json = Record<string, unknown>;

interface World {
  readonly identity: IdentityUnderTest;
  /** A key of team core, by id. */
  readonly key: string;
  client(): ReturnType<typeof clientOf>;
  post(path: string, body: unknown): Promise<{ status: number; json: Json; text: string }>;
  put(path: string, body: unknown): Promise<{ status: number; json: Json; text: string }>;
}

function clientOf(identity: IdentityUnderTest) {
  return createClient(IdentityServiceDefinition, openLocalChannel({ services: identity.running.services }));
}

async function start(t: TestContext, options: TestOptions): Promise<World> {
  const identity = await startIdentityForTest(options);
  t.after(() => identity.close());
  const send = (method: string) => (path: string, body: unknown) => ask(identity.directory, { method, path, body });
  await send("POST")("/teams", { name: "core" });
  const made = await send("POST")("/keys", { name: "app", team: "core" });
  const key = (made.json["key"] as { id: string }).id;
  return { identity, key, client: () => clientOf(identity), post: send("POST"), put: send("PUT") };
}

const usd = (value: bigint) => [{ unit: Unit.UNIT_NANOUSD, value }];
const hasCode = (code: string, text?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SluiceError, String(error));
  assert.equal(error.code, code, error.message);
  if (text !== undefined) assert.match(error.message, text);
  return true;
};

/** Sessions and declarations live the same life on every database. */
export function identitySuite(name: string, options: () => TestOptions): void {
  const sessions = (over: object = {}) => ({ ...options(), config: { session_sweep_ms: 20, ...over } });

  test(`${name}: a session takes its slice from every account of its key, lives over a restart, and gives it back`, async (t) => {
    const { identity, key, client } = await start(t, sessions());
    const wish = { keyId: key, name: "night", amounts: usd(9_007_199_254_740_993n), ttlMs: 60_000n };
    const { session } = await client().openSession(wish);
    const id = session?.id ?? "";
    const slice = identity.ledger.slices.get(id);
    assert.deepEqual(slice?.amounts, wish.amounts);
    assert.equal(slice?.parents.length, 3, "organisation, team and key");
    assert.equal(slice?.expiresAtMs, session?.expiresAtMs);
    await identity.restart();
    const found = (await client().resolveSession({ sessionId: id })).session;
    assert.deepEqual(
      [found?.state, found?.keyId, found?.amounts],
      [SessionState.SESSION_STATE_OPEN, key, wish.amounts],
    );
    await assert.rejects(client().closeSession({ sessionId: id, keyId: "key_other" }), hasCode("not_found"));
    const closed = await client().closeSession({ sessionId: id, keyId: key });
    assert.equal(closed.session?.state, SessionState.SESSION_STATE_CLOSED);
    assert.equal(identity.ledger.slices.size, 0);
    await client().closeSession({ sessionId: id, keyId: key });
    const told = (await identity.events("SLUICE_CONTROL")).filter(({ type }) => type === "session.revoked");
    assert.deepEqual(
      told.map((fact) => fact.id),
      [`${id}-revoked`],
    );
  });

  test(`${name}: without room there is no session; where nobody knows, the slice is given back`, async (t) => {
    const { identity, key, client } = await start(t, sessions({ call_timeout_ms: 100 }));
    identity.ledger.sliceRefusal = RefusalReason.REFUSAL_REASON_BUDGET_EXHAUSTED;
    const wish = { keyId: key, name: "", amounts: usd(5n), ttlMs: 60_000n };
    await assert.rejects(client().openSession(wish), hasCode("budget_exhausted", /no room/));
    identity.ledger.sliceRefusal = RefusalReason.REFUSAL_REASON_BUDGET_HELD;
    await assert.rejects(client().openSession(wish), hasCode("budget_held"));
    identity.ledger.sliceRefusal = undefined;
    identity.ledger.down = new SluiceError("unavailable", "The ledger is away.");
    await assert.rejects(client().openSession(wish), hasCode("unavailable"));
    assert.deepEqual((await ask(identity.directory, { path: "/sessions" })).json["sessions"], []);
    identity.ledger.down = undefined;
    const closings = identity.ledger.closings;
    await eventually(() => assert.equal(closings.length, 1, "the one nobody knows of"));
  });

  test(`${name}: sessions have a longest life and a largest number, also when they are opened at once`, async (t) => {
    const { key, client } = await start(t, sessions({ session_ttl_max_ms: 5_000, sessions_per_key_max: 3 }));
    const open = (ttlMs: bigint) => client().openSession({ keyId: key, name: "", amounts: [], ttlMs });
    await assert.rejects(open(5_001n), hasCode("invalid_request", /1 to 5000 ms \(identity\.session_ttl_max_ms\)/));
    await assert.rejects(open(0n), hasCode("invalid_request"));
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => open(5_000n)));
    assert.equal(tries.filter(({ status }) => status === "fulfilled").length, 3);
    await assert.rejects(open(5_000n), hasCode("rate_limited", /has 3 open sessions and may have 3/));
  });

  test(`${name}: the sessions of a revoked key end with it`, async (t) => {
    const { identity, key, client } = await start(t, sessions());
    await client().openSession({ keyId: key, name: "", amounts: usd(5n), ttlMs: 60_000n });
    await ask(identity.directory, { method: "DELETE", path: `/keys/${key}` });
    await eventually(() => assert.equal(identity.ledger.slices.size, 0));
    await assert.rejects(
      client().openSession({ keyId: key, name: "", amounts: [], ttlMs: 60_000n }),
      hasCode("forbidden", /is revoked/),
    );
  });

  test(`${name}: however many sessions a revoked key has, none keeps its slice until the next look`, async (t) => {
    const { identity, key, client } = await start(t, sessions({ session_sweep_ms: 600_000 }));
    const open = () => client().openSession({ keyId: key, name: "", amounts: usd(5n), ttlMs: 60_000n });
    await Promise.all(Array.from({ length: 401 }, open));
    await ask(identity.directory, { method: "DELETE", path: `/keys/${key}` });
    await eventually(() => assert.equal(identity.ledger.slices.size, 0));
  });

  test(`${name}: a key that is revoked while its session is opened leaves no slice behind`, async (t) => {
    const { identity, key, client } = await start(t, sessions());
    identity.ledger.beforeSlice = async () => {
      await ask(identity.directory, { method: "DELETE", path: `/keys/${key}` });
    };
    const opening = client().openSession({ keyId: key, name: "", amounts: usd(5n), ttlMs: 60_000n });
    await assert.rejects(opening, hasCode("forbidden", /was revoked while its session was opened/));
    assert.equal(identity.ledger.slices.size, 0);
  });

  test(`${name}: a slice that is too large is refused and takes no place among the key's sessions`, async (t) => {
    const { identity, key, client } = await start(t, sessions({ sessions_per_key_max: 1 }));
    const open = (value: bigint) => client().openSession({ keyId: key, name: "", amounts: usd(value), ttlMs: 60_000n });
    await assert.rejects(open(10n ** 18n + 1n), hasCode("invalid_request", /give 1 to 1000000000000000000/));
    identity.ledger.down = new SluiceError("invalid_request", "expires_at_ms is in the past.");
    await assert.rejects(open(5n), hasCode("invalid_request"));
    identity.ledger.down = undefined;
    await open(10n ** 18n);
  });

  test(`${name}: a reference that no database could hold is as unknown as any other`, async (t) => {
    const { identity, key, client, put } = await start(t, options());
    for (const bad of ["\0", "ses_\0", "\ud800"]) {
      await assert.rejects(client().showSession({ sessionId: bad, keyId: key }), hasCode("not_found"));
      await assert.rejects(client().closeSession({ sessionId: bad, keyId: key }), hasCode("not_found"));
      const body = { unit: "nanousd", limit: "5" };
      for (const kind of ["org", "team", "key", "session"]) {
        const refused = await put("/budgets", { ...body, account_kind: kind, account: bad });
        assert.ok([400, 404].includes(refused.status), `${kind}: ${refused.text}`);
      }
    }
    for (const path of ["/keys/%00", "/sessions/ses_%00"]) {
      assert.equal((await ask(identity.directory, { method: "DELETE", path })).status, 404, path);
    }
  });

  const declared = {
    orgs: [{ name: "default", time_zone: "Europe/Berlin", teams: ["core"], users: ["ada"] }],
    budgets: [
      { account: "team:core", usd: "100.000000001", window: "month" },
      { account: "team:core", usd: 75, window: "month", soft: true },
      { account: "model:sim/large", tokens: 2_000_000 },
    ],
    rate_limits: [{ account: "user:ada", rpm: 60 }],
  } as const;

  test(`${name}: what is declared is in force at the start, kept over a restart, and gone when it is declared no more`, async (t) => {
    const { identity, put } = await start(t, { ...options(), config: asConfig(declared) });
    const { ledger, directory } = identity;
    const limits = () => [...ledger.limits.values()].map(({ limit }) => limit);
    assert.deepEqual(limits(), [100_000_000_001n, 75_000_000_000n, 2_000_000n]);
    assert.deepEqual([...ledger.zones.values()], ["Europe/Berlin"]);
    assert.equal(ledger.rates.size, 1);
    const calls = ledger.budgetCalls.length;
    await identity.restart();
    assert.equal(ledger.budgetCalls.length, calls, "what stands is not set again");

    const month = { account_kind: "team", account: "core", unit: "nanousd", window: "month", limit: "5" };
    const refused = await put("/budgets", month);
    assert.equal(refused.status, 409, refused.text);
    assert.match(refused.text, /identity\.budgets\.0.*sluice config apply/);
    assert.equal((await put("/orgs/default", { time_zone: "UTC" })).status, 409);
    const rate = { account_kind: "user", account: "ada", tokens_per_minute: 5 };
    assert.equal((await put("/rate-limits", rate)).status, 409);
    assert.equal((await put("/budgets", { ...month, window: "day" })).status, 200, "another window is another limit");

    const less = { orgs: [], budgets: [{ account: "team:core", usd: "50", window: "month" }], rate_limits: [] };
    const changed = await put("/declarations", less);
    assert.equal(changed.status, 200, changed.text);
    const words = (changed.json["changes"] as Json[]).map(({ change, source }) => `${change} ${source}`);
    assert.deepEqual(words.sort(), [
      "removed identity.budgets.1",
      "removed identity.budgets.2",
      "removed identity.orgs.0",
      "removed identity.rate_limits.0",
      "set identity.budgets.0",
    ]);
    assert.deepEqual(limits(), [50_000_000_000n, 5n], "the one set by command stays");
    assert.deepEqual([...ledger.zones.values()], ["UTC"]);
    assert.equal(ledger.rates.size, 0);
    assert.equal(((await ask(directory, { path: "/declarations" })).json["declarations"] as unknown[]).length, 1);
  });

  test(`${name}: a declaration about nobody stops the start and changes nothing when it is applied`, async (t) => {
    const wrong = {
      orgs: [{ name: "default", time_zone: "Mars/Olympus", teams: [], users: [] }],
      budgets: [
        { account: "team:cor", usd: "1" },
        { account: "model:sim/large", usd: "1" },
        { account: "model:sim/large", usd: "2" },
      ],
      rate_limits: [{ account: "key:key_x", tpm: 5 }],
    } as const;
    await assert.rejects(startIdentityForTest({ ...options(), config: asConfig(wrong) }), (error) => {
      assert.ok(error instanceof SluiceError);
      assert.match(error.message, /identity\.orgs\.0: time_zone is "Mars\/Olympus"/);
      assert.match(error.message, /identity\.budgets\.0: There is no team "cor"/);
      assert.match(error.message, /identity\.budgets\.2: this stands in identity\.budgets\.1 already/);
      assert.match(error.message, /identity\.rate_limits\.0: There is no key "key_x"/);
      return true;
    });
    const { identity, put } = await start(t, options());
    assert.equal((await put("/declarations", wrong)).status, 400);
    assert.deepEqual([identity.ledger.limits.size, identity.ledger.zones.size], [0, 0]);
  });

  test(`${name}: while the ledger is away no key works, and then everything declared stands first`, async (t) => {
    const { identity, client } = await start(t, { ...options(), config: { announce_retry_ms: 20 } });
    identity.ledger.down = new SluiceError("unavailable", "The ledger is away.");
    identity.configure({ ...asConfig(declared), announce_retry_ms: 20 });
    await identity.restart();
    const ask = () => client().resolveKey({ keyHash: new Uint8Array(32) });
    await assert.rejects(ask(), hasCode("unavailable", /declared budgets are not in force yet/));
    assert.match(identity.running.notReady() ?? "", /declared budgets/);
    identity.ledger.down = undefined;
    await eventually(async () => void (await ask()));
    assert.equal(identity.ledger.limits.size, 3);
  });

  test(`${name}: what is applied while the start's declarations wait is not taken back by them`, async (t) => {
    const { identity, put } = await start(t, { ...options(), config: { announce_retry_ms: 100 } });
    identity.ledger.down = new SluiceError("unavailable", "The ledger is away.");
    identity.configure({ ...asConfig(declared), announce_retry_ms: 100 });
    await identity.restart();
    identity.ledger.down = undefined;
    const newer = { budgets: [{ account: "org", usd: "5" }] };
    assert.equal((await put("/declarations", newer)).status, 200);
    await eventually(() => assert.equal(identity.running.notReady(), undefined));
    assert.deepEqual(
      [...identity.ledger.limits.values()].map(({ limit }) => limit),
      [5_000_000_000n],
    );
  });

  test(`${name}: a declared amount that cannot be counted is refused by its name`, async (t) => {
    const { identity, put } = await start(t, options());
    const refused = await put("/declarations", { budgets: [{ account: "org", usd: "4611686018.5" }] });
    assert.equal(refused.status, 400);
    assert.match(refused.text, /budgets\.0\.usd: .*at most 4611686018/);
    assert.equal(identity.ledger.limits.size, 0);
  });
}

/** What a configuration file says is read as the file's own reader would. */
function asConfig(declared: object): NonNullable<TestOptions["config"]> {
  return declared as NonNullable<TestOptions["config"]>;
}

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { SluiceError } from "@sluice/platform/errors";
import type { CallContext } from "@sluice/proto/common/v1/call_context";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Unit } from "@sluice/proto/common/v1/money";
import { Session, SessionState, ShowSessionResponse } from "@sluice/proto/identity/v1/identity_service";
import { eventually } from "../harness/index.ts";
import { type DoorOptions, hello, openDoor, type TestDoor } from "./ingress-door.ts";

const ID = "ses_0123456789abcdefghjkmnpqr";
const HELLO = { model: "sim/small", messages: [{ role: "user", content: "Hello" }] };

const session = (over: object = {}): Session =>
  Session.fromPartial({
    id: ID,
    keyId: "key_1",
    tenantId: "org_1",
    state: SessionState.SESSION_STATE_OPEN,
    createdAtMs: 1_800_000_000_000n,
    expiresAtMs: BigInt(Date.now() + 60_000),
    ...over,
  });

interface World {
  readonly door: TestDoor;
  readonly contexts: CallContext[];
  /** What the identity service says of any session. */
  known: Session | undefined;
  lookups: number;
  chat(headers?: Record<string, string>, body?: object): Promise<{ status: number; message: string; param: unknown }>;
}

async function start(t: TestContext, sessions: DoorOptions["sessions"] = {}): Promise<World> {
  const contexts: CallContext[] = [];
  const world: { known: Session | undefined; lookups: number } = { known: session(), lookups: 0 };
  const door = await openDoor({
    route: (request, call) => {
      if (request.context !== undefined) contexts.push(request.context);
      return hello(request, call);
    },
    sessions: {
      resolveSession: async () => {
        world.lookups++;
        return { session: world.known };
      },
      ...sessions,
    },
  });
  t.after(() => door.stop());
  const chat = async (headers: Record<string, string> = {}, body: object = {}) => {
    const answer = await door.chat({ ...HELLO, ...body }, { headers });
    const { error } = (await answer.json()) as { error?: { message: string; param: string } };
    return { status: answer.status, message: error?.message ?? "", param: error?.param };
  };
  return Object.assign(world, { door, contexts, chat });
}

test("a session groups calls beside the key's accounts; with a slice it stands for them", async (t) => {
  const here = await start(t);
  assert.equal((await here.chat()).status, 200);
  assert.equal((await here.chat({ "x-sluice-session": ID })).status, 200);
  here.door.endSession(ID);
  here.known = session({ amounts: [{ unit: Unit.UNIT_NANOUSD, value: 5n }] });
  await eventually(async () => {
    await here.chat({ "x-sluice-session": ID });
    return here.contexts.at(-1)?.sliceId === ID;
  });
  const last = here.contexts.at(-1);
  const [plain, grouped] = here.contexts;
  const org = { kind: AccountKind.ACCOUNT_KIND_ORG, id: "org_1" };
  const own = { kind: AccountKind.ACCOUNT_KIND_SESSION, id: ID };
  assert.deepEqual([plain?.sessionId, plain?.sliceId, plain?.accounts], ["", "", [org]]);
  assert.deepEqual([grouped?.sessionId, grouped?.sliceId, grouped?.accounts], [ID, "", [org, own]]);
  assert.deepEqual([last?.sessionId, last?.sliceId, last?.accounts], [ID, ID, [own]]);
});

test("a session that is not this key's open one is refused before anything is routed", async (t) => {
  const here = await start(t);
  const cases: [Session | undefined, RegExp][] = [
    [undefined, /is no session of this API key/],
    [session({ keyId: "key_2" }), /is no session of this API key/],
    [session({ state: SessionState.SESSION_STATE_CLOSED }), /is closed: open another/],
    [session({ state: SessionState.SESSION_STATE_EXPIRED, expiresAtMs: 1_700_000_000_000n }), /expired at 2023-11-14T/],
    [session({ expiresAtMs: BigInt(Date.now() - 1) }), /has expired at/],
  ];
  for (const [index, [known, message]] of cases.entries()) {
    here.known = known;
    const id = `ses_${String(index).repeat(25)}`;
    const refused = await here.chat({ "x-sluice-session": id });
    assert.deepEqual([refused.status, refused.param], [403, "x-sluice-session"]);
    assert.match(refused.message, message);
  }
  assert.equal((await here.chat({ "x-sluice-session": "mine" })).status, 403);
  assert.equal(here.lookups, cases.length, "what is no id is not asked for");
  assert.deepEqual(here.contexts, []);
});

test("a session is asked for once and forgotten when it is closed elsewhere", async (t) => {
  const here = await start(t);
  for (let i = 0; i < 3; i++) assert.equal((await here.chat({ "x-sluice-session": ID })).status, 200);
  assert.equal(here.lookups, 1);
  here.known = session({ state: SessionState.SESSION_STATE_CLOSED });
  here.door.endSession(ID);
  await eventually(async () => assert.equal((await here.chat({ "x-sluice-session": ID })).status, 403));
});

test("labels reach the context; those that break a limit are refused by name", async (t) => {
  const here = await start(t);
  const tags = { "x-sluice-task": "summary", "x-sluice-tags": "team=red, env=test.1" };
  await here.chat(tags, { metadata: { env: "other", customer: "Größe 1", long: "x".repeat(65) } });
  assert.equal(here.contexts[0]?.task, "summary");
  assert.deepEqual(here.contexts[0]?.tags, { team: "red", env: "test.1", customer: "Größe 1" });
  const many = Array.from({ length: 17 }, (_, i) => `t${i}=1`).join(",");
  const wrong: [string, string, RegExp][] = [
    ["x-sluice-task", "two words", /must be one word of 1 to 64/],
    ["x-sluice-task", "x".repeat(65), /1 to 64/],
    ["x-sluice-tags", many, /holds 17 tags; at most 16/],
    ["x-sluice-tags", "novalue", /name=value pairs.*got "novalue"/],
    ["x-sluice-tags", `a=${"x".repeat(65)}`, /both of 1 to 64/],
    ["x-sluice-tags", "a=1,a=2", /names a tag twice; got "a"/],
  ];
  for (const [header, value, message] of wrong) {
    const refused = await here.chat({ [header]: value });
    assert.deepEqual([refused.status, refused.param], [400, header], value.slice(0, 20));
    assert.match(refused.message, message);
  }
});

test("POST /v1/sessions opens one for its key, exactly; GET tells it, DELETE ends it", async (t) => {
  const asked: unknown[] = [];
  const amounts = [
    { unit: Unit.UNIT_NANOUSD, value: 500_000_001n },
    { unit: Unit.UNIT_TOKENS, value: 1000n },
  ];
  const ended = session({ state: SessionState.SESSION_STATE_CLOSED, closedAtMs: 5_000n });
  const here = await start(t, {
    openSession: async (request) => {
      asked.push(request);
      return { session: session({ amounts, name: "night" }) };
    },
    showSession: async (request) => {
      asked.push(request);
      return ShowSessionResponse.fromPartial({
        session: asked.length > 3 ? ended : session({ amounts }),
        balances: [{ unit: Unit.UNIT_NANOUSD, window: "total", spent: 1_500n, held: 20n }],
      });
    },
    closeSession: async (request) => {
      asked.push(request);
      return { session: ended, draining: true };
    },
  });
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ budget_usd: "0.500000001", tokens: 1000, ttl_seconds: 60, name: "night" });
  const opened = await here.door.fetch("/v1/sessions", { method: "POST", headers, body });
  assert.equal(opened.status, 201);
  const told = (await opened.json()) as Record<string, unknown>;
  assert.deepEqual([told["id"], told["budget_usd"], told["tokens"], told["state"]], [ID, "0.500000001", 1000, "open"]);
  const shown = (await (await here.door.fetch(`/v1/sessions/${ID}`)).json()) as Record<string, unknown>;
  assert.deepEqual([shown["spent_usd"], shown["held_usd"]], ["0.0000015", "0.00000002"]);
  const answer = await here.door.fetch(`/v1/sessions/${ID}`, { method: "DELETE" });
  const last = (await answer.json()) as Record<string, unknown>;
  assert.deepEqual([last["state"], last["closed_at"], last["draining"]], ["closed", 5, true]);
  assert.equal(last["spent_usd"], "0.0000015", "what it spent is told to the end");
  const named = { sessionId: ID, keyId: "key_1" };
  assert.deepEqual(asked, [{ keyId: "key_1", name: "night", amounts, ttlMs: 60_000n }, named, named, named]);
});

test("a session that cannot be opened says why in OpenAI's shape", async (t) => {
  const here = await start(t, {
    openSession: async () => {
      throw new SluiceError("budget_exhausted", "The key has no room.");
    },
  });
  const open = async (body: object) => {
    const headers = { "content-type": "application/json" };
    const answer = await here.door.fetch("/v1/sessions", { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, ...((await answer.json()) as { error: { message: string; code: string } }).error };
  };
  const broke = await open({ ttl_seconds: 5, budget_usd: "1" });
  assert.deepEqual([broke.status, broke.code], [402, "budget_exhausted"]);
  for (const body of [
    {},
    { ttl_seconds: 0 },
    { ttl_seconds: 1, budget_usd: 0.5 },
    { ttl_seconds: 1, budget_usd: "-1" },
    { ttl_seconds: 1, budget_usd: "0.0000000001" },
    { ttl_seconds: 1, tokens: 1.5 },
    { ttl_seconds: 1, colour: "red" },
  ]) {
    const refused = await open(body);
    assert.deepEqual([refused.status, refused.code], [400, "invalid_request"], JSON.stringify(body));
  }
  assert.match((await open({ ttl_seconds: 1, budget_usd: 0.5 })).message, /budget_usd: must be a text with US dollars/);
  const put = await here.door.fetch(`/v1/sessions/${ID}`, { method: "PUT" });
  assert.deepEqual([put.status, put.headers.get("allow")], [405, "GET, DELETE"]);
});

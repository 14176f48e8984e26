// shapes: embedded distributed
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ask } from "@sluice/identity/testing";
import { eventually, temporaryDirectory, waitFor } from "../harness/index.ts";
import { type Shape, type System, shapes, startSystem } from "../harness/system.ts";

/** `sim/exact` charges 1,000 nano-USD a token and always uses its whole bound: prompt 4 + 5 bytes, answer 11 tokens. */
const COST_NANOUSD = 20_000n;
/** Room for three calls, and not for a fourth. */
const ROOM_NANOUSD = 3n * COST_NANOUSD;
const ROOM_USD = "0.00006";

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Of a soft limit that is passed. */
  readonly warning: string;
}

interface Row {
  readonly account_kind: string;
  readonly account: string;
  readonly window: string;
  readonly soft: boolean;
  readonly unit: string;
  readonly limit: string | null;
  readonly spent: string;
  readonly held: string;
  readonly window_ends_at_ms: number;
}

async function call(url: string, key: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { ...headers, authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "sim/exact", max_tokens: 11, messages: [{ role: "user", content: "Hello" }] }),
  });
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  const warning = response.headers.get("x-sluice-budget-warning") ?? "";
  return { status: response.status, code: error?.code ?? "", message: error?.message ?? "", warning };
}

/** Calls until one is refused for good: how many were served, and the refusal. A call in flight may hold room for a moment. */
async function exhaust(system: System, key: string, headers: Record<string, string> = {}) {
  let served = 0;
  const refused = await waitFor(
    async () => {
      const answer = await call(system.url, key, headers);
      if (answer.status === 200) served++;
      return answer.status === 200 || answer.code === "budget_held" ? undefined : answer;
    },
    { message: "A refusal for good", intervalMs: 50 },
  );
  return { served, ...refused };
}

async function rows(system: System, account: string): Promise<readonly Row[]> {
  return (await system.json<{ budgets: Row[] }>(["budgets", "--account", account])).budgets;
}

async function start(t: TestContext, shape: Shape): Promise<System> {
  const declared = [{ account: "team:declared", usd: ROOM_USD, window: "month" }];
  const orgs = [{ name: "default", time_zone: "Europe/Berlin", teams: ["declared"] }];
  const system = await startSystem({
    shape,
    routers: shape === "embedded" ? 1 : 2,
    settings: { "identity.orgs": JSON.stringify(orgs), "identity.budgets": JSON.stringify(declared) },
  });
  t.after(() => system.stop());
  return system;
}

async function byFile(system: System): Promise<void> {
  const { secret } = await system.createKey(["--team", "declared"]);
  const ended = await exhaust(system, secret);
  assert.deepEqual([ended.served, ended.status, ended.code], [3, 402, "budget_exhausted"]);
  assert.match(ended.message, /month/, "the refusal names its window");
  const month = (await rows(system, "team:declared")).find(({ window }) => window === "month");
  assert.deepEqual([month?.spent, month?.limit], [String(ROOM_NANOUSD), String(ROOM_NANOUSD)]);
  const end = new Date(month?.window_ends_at_ms ?? 0);
  const local = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", day: "numeric", hour: "numeric" });
  assert.match(local.format(end), /^1\D+0?0$/, "a month ends at midnight in Berlin");
  const refused = await system.command(["budgets", "set", "team", "declared", "--usd", "9", "--window", "month"]);
  assert.match(refused.stderr, /declared by the configuration \(identity\.budgets\.0\)/);

  const file = join(temporaryDirectory("declared"), "sluice.yaml");
  const text = `identity:
  orgs: [{name: default, time_zone: Europe/Berlin, teams: [declared]}]
  budgets: [{account: "team:declared", usd: "0.00008", window: month}]
`;
  writeFileSync(file, text);
  const applied = await system.command(["config", "apply", "--config", file]);
  assert.match(
    applied.stdout,
    /budget per month of team declared: 0\.00008 USD \(before: 0\.00006 USD\)/,
    applied.stderr,
  );
  assert.equal((await exhaust(system, secret)).served, 1, "there is room for one more");
}

async function byCommand(system: System): Promise<void> {
  const { id, secret } = await system.createKey();
  assert.equal((await system.command(["budgets", "set", "key", id, "--usd", ROOM_USD, "--window", "week"])).code, 0);
  const soft = ["budgets", "set", "key", id, "--usd", "0.00003", "--window", "month", "--soft"];
  assert.equal((await system.command(soft)).code, 0);
  assert.equal((await call(system.url, secret)).status, 200);
  const passed = await call(system.url, secret);
  assert.equal(passed.status, 200);
  assert.match(passed.warning, /0\.00003 USD/);
  const ended = await exhaust(system, secret);
  assert.deepEqual([ended.served, ended.status], [1, 402]);
  assert.match(ended.message, /week/);

  for (const url of system.urls()) assert.equal((await call(url, secret)).status, 402);
  assert.equal((await system.command(["budgets", "remove", "key", id, "--window", "week"])).code, 0);
  // The command's return means that the change is in force: no door may need another moment.
  for (const url of system.urls()) assert.equal((await call(url, secret)).status, 200, url);
}

async function byHttp(system: System): Promise<void> {
  const { id, secret } = await system.createKey();
  const body = { account_kind: "key", account: id, unit: "nanousd", window: "day", limit: String(ROOM_NANOUSD) };
  const set = await ask(system.dataDirectory, { method: "PUT", path: "/budgets", body });
  assert.equal(set.status, 200, set.text);
  assert.equal((await exhaust(system, secret)).served, 3);
  await ask(system.dataDirectory, { method: "PUT", path: "/budgets", body: { ...body, limit: "80000" } });
  assert.equal((await call(system.urls().at(-1) ?? system.url, secret)).status, 200, "the answer means it is in force");
  const wrong = await ask(system.dataDirectory, { method: "PUT", path: "/budgets", body: { ...body, window: "year" } });
  assert.deepEqual([wrong.status, /window: .*month/.test(wrong.text)], [400, true], wrong.text);
}

async function bySession(system: System): Promise<void> {
  const { id, secret } = await system.createKey();
  assert.equal((await system.command(["budgets", "set", "key", id, "--usd", "0.0001"])).code, 0);
  const open = async (body: object) => {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
    const answer = await fetch(`${system.url}/v1/sessions`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, json: (await answer.json()) as { id: string } };
  };
  const opened = await open({ budget_usd: ROOM_USD, ttl_seconds: 600, name: "night" });
  assert.equal(opened.status, 201, JSON.stringify(opened.json));
  const total = async (account: string) => (await rows(system, account)).find(({ window }) => window === "total");
  assert.equal((await total(`key:${id}`))?.held, String(ROOM_NANOUSD), "the slice is held on the key");
  const second = await open({ budget_usd: ROOM_USD, ttl_seconds: 600 });
  assert.equal(
    second.status,
    429,
    "the rest of the key's budget is too small for another slice, as long as this one lives",
  );

  const headers = { "x-sluice-session": opened.json.id };
  const ended = await exhaust(system, secret, headers);
  assert.deepEqual([ended.served, ended.status, ended.code], [3, 402, "budget_exhausted"], ended.message);
  assert.equal((await call(system.url, secret)).status, 200, "the key itself has room beside the slice");
  await eventually(async () => {
    const key = await total(`key:${id}`);
    assert.deepEqual([key?.spent, key?.held], ["80000", "0"]);
    assert.equal((await total(`session:${opened.json.id}`))?.spent, String(ROOM_NANOUSD));
  });
  const other = await system.createKey();
  assert.equal((await call(system.url, other.secret, headers)).status, 403, "a session is no credential");
  const closed = await system.command(["sessions", "close", opened.json.id]);
  assert.equal(closed.code, 0, closed.stderr);
  for (const url of system.urls()) {
    await eventually(async () => assert.equal((await call(url, secret, headers)).status, 403), { timeoutMs: 5_000 });
  }
}

async function expiring(system: System): Promise<void> {
  const { id, secret } = await system.createKey();
  const body = { key: id, amounts: { nanousd: "500000000" }, ttl_ms: 8_000 };
  const opened = await ask(system.dataDirectory, { method: "POST", path: "/sessions", body });
  const { id: session } = opened.json["session"] as { id: string };
  const headers = { "x-sluice-session": session };
  const held = async () => {
    const answer = await ask(system.dataDirectory, { path: `/budgets?account_kind=key&account=${id}` });
    return (answer.json["budgets"] as Row[]).map((row) => row.held);
  };
  assert.deepEqual(await held(), ["500000000"]);
  const refused = await waitFor(async () => {
    const answer = await call(system.url, secret, headers);
    return answer.status === 403 && answer;
  });
  assert.match(refused.message, /has expired at/);
  await eventually(async () => assert.ok(!(await held()).some((amount) => amount !== "0")));
  const listed = await system.json<{ sessions: { id: string; state: string }[] }>(["sessions", "list", "--all"]);
  assert.equal(listed.sessions.find((row) => row.id === session)?.state, "expired");
}

async function labels(system: System): Promise<void> {
  const { secret } = await system.createKey();
  const headers = { "x-sluice-task": "night-report", "x-sluice-tags": "customer=acme" };
  assert.equal((await call(system.url, secret, headers)).status, 200);
  await eventually(async () => {
    const { rows: summed } = await system.json<{ rows: { cost_nanousd: string }[] }>([
      ...["usage", "--by", "task,tag:customer"],
    ]);
    assert.ok(/night-report.*acme/s.test(JSON.stringify(summed)), JSON.stringify(summed));
  });
}

const WAYS: Readonly<Record<string, (system: System) => Promise<void>>> = {
  "by file: in force at the start, changed by the file alone": byFile,
  "by command: in windows, soft, in force at every door when it returns": byCommand,
  "by HTTP: validated, in force when it is answered": byHttp,
  "by session: a slice of the key's budget, and no more": bySession,
  "an expired session gives its slice back by itself": expiring,
  "labels of a request reach the reports": labels,
};

for (const shape of shapes()) {
  test(`budgets are set and bite (${shape})`, async (t) => {
    const system = await start(t, shape);
    for (const [sentence, prove] of Object.entries(WAYS)) await t.test(sentence, () => prove(system));
  });
}

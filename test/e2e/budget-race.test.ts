// shapes: embedded distributed
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../harness/index.ts";
import { type System, shapes, startSystem } from "../harness/system.ts";
import { allBudgets, type BudgetRow, readBooks } from "./support/books.ts";
import { chat } from "./support/chat.ts";
import { pool } from "./support/pool.ts";

/** `sim/exact` charges 1,000 nano-USD a token and always uses its whole bound: prompt 4 + 5 bytes, answer 11 tokens. */
const TOKENS = 4n + 5n + 11n;
const COST_NANOUSD = TOKENS * 1_000n;
const ROOM = 137;
const GATEWAYS = 4;
const WIDTH = 500;
/**
 * Requests of the first level of each shape, and of the others: four hundred against 137 race as hard, two thousand just take longer.
 * SLUICE_TEST_FULL=1 asks for two thousand everywhere.
 */
const REQUESTS = { first: 2_000, other: process.env["SLUICE_TEST_FULL"] === "1" ? 2_000 : 400 };

/** Where the budget is: its account, and the flags of its limit. */
interface Level {
  readonly name: string;
  readonly kind: "org" | "team" | "user" | "key" | "session" | "model";
  readonly limit: readonly string[];
}

const usd = `0.${(COST_NANOUSD * BigInt(ROOM)).toString().padStart(9, "0")}`;
const tokens = (TOKENS * BigInt(ROOM)).toString();
const LEVELS: readonly Level[] = [
  { name: "key", kind: "key", limit: ["--usd", usd] },
  { name: "org", kind: "org", limit: ["--usd", usd] },
  { name: "team, this day's tokens", kind: "team", limit: ["--tokens", tokens, "--window", "day"] },
  { name: "user, this month's money", kind: "user", limit: ["--usd", usd, "--window", "month"] },
  { name: "session", kind: "session", limit: ["--usd", usd] },
  { name: "model", kind: "model", limit: ["--usd", usd] },
];

for (const shape of shapes()) {
  test(`parallel requests, half streamed, against room for exactly ${ROOM} at each level (${shape})`, async (t) => {
    const routers = shape === "embedded" ? 1 : GATEWAYS;
    const system = await startSystem({ shape, routers, tokensPerSecond: 50, pace: 1 });
    t.after(() => system.stop());
    for (const [index, level] of LEVELS.entries()) {
      const requests = index === 0 ? REQUESTS.first : REQUESTS.other;
      await t.test(`${requests} requests, the budget is the ${level.name}`, () => race(system, level, requests));
    }
  });
}

/** Who asks: an organisation of its own for each level, so that no budget of another level is on the chain. */
interface Caller {
  readonly org: string;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The account whose budget is raced for. */
  readonly account: string;
}

async function race(system: System, level: Level, requests: number): Promise<void> {
  const caller = await callerOf(system, level);
  const urls = system.urls();
  const ask = (index: number) =>
    chat({
      url: urls[index % urls.length] ?? system.url,
      apiKey: caller.secret,
      headers: caller.headers,
      model: "sim/exact",
      maxTokens: 11,
      stream: index % 2 === 0,
    });
  const outcomes = await pool(requests, WIDTH, ask);
  const served = outcomes.filter((outcome) => outcome.ok);
  const allowed = new Set(["402 budget_exhausted", "429 budget_held"]);
  const others = outcomes.filter(({ ok, status, code }) => !ok && !allowed.has(`${status} ${code}`));
  assert.deepEqual(others, [], "every refusal says that the budget has no room");
  assert.equal(served.length, ROOM);
  await settled(system, caller, level);
  assert.deepEqual(await ask(0), { ok: false, status: 402, code: "budget_exhausted" });
}

/** Nothing is held any more, and what was spent is the limit: in the counters, in the books and in the stream. */
async function settled(system: System, caller: Caller, { kind }: Level): Promise<void> {
  const total = COST_NANOUSD * BigInt(ROOM);
  const rows = await eventually(async () => {
    const all = (await allBudgets(system)).filter((row) => row.tenant_id === caller.org);
    const mine = all.filter((row) => row.account_kind === kind && row.account === caller.account);
    assert.ok(mine.length > 0, `no balance of ${kind} ${caller.account}`);
    for (const row of all) {
      assert.equal(row.posted, row.spent, `the books of ${row.account_kind} ${row.unit} ${row.window}`);
      if (kind !== "session") assert.deepEqual([row.held, row.open_holds], ["0", 0]);
    }
    for (const row of mine) assert.deepEqual([row.held, row.open_holds], ["0", 0]);
    return mine;
  });
  for (const row of rows) assert.equal(row.spent, (row.unit === "nanousd" ? total : TOKENS * BigInt(ROOM)).toString());
  assert.ok(rows.some((row: BudgetRow) => row.limit !== null && row.limit === row.spent));
  // The stream hears of postings after the books: the last ones may still be on their way.
  await eventually(async () => {
    const books = [...(await readBooks(system)).values()].filter(({ tenant }) => tenant === caller.org);
    const sum = books.reduce((all, { netNanousd }) => all + netNanousd, 0n);
    assert.deepEqual([books.length, sum], [ROOM, total]);
  });
}

async function callerOf(system: System, { name, kind, limit }: Level): Promise<Caller> {
  const named = name.replace(/[^a-z]+/g, "-");
  const { org } = await system.json<{ org: { id: string } }>(["orgs", "create", named]);
  const of = ["--org", org.id];
  const { team } = await system.json<{ team: { id: string } }>(["teams", "create", "racers", ...of]);
  const { user } = await system.json<{ user: { id: string } }>(["users", "create", "runner", ...of]);
  const key = await system.createKey([...of, "--team", team.id, "--user", user.id, "--name", named]);
  const caller = { org: org.id, secret: key.secret, headers: {} };
  if (kind === "session") {
    const args = ["sessions", "create", "--key", key.id, ...limit, "--expires", "1h"];
    const { session } = await system.json<{ session: { id: string } }>(args);
    return { ...caller, account: session.id, headers: { "x-sluice-session": session.id } };
  }
  const account = { org: org.id, team: team.id, user: user.id, key: key.id, model: "sim/exact" }[kind];
  await system.json(["budgets", "set", kind, account, ...limit, ...of]);
  return { ...caller, account };
}

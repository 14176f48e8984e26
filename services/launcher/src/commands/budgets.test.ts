import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type IdentityUnderTest, startIdentityForTest, type TestOptions } from "@sluice/identity/testing";
import { type CommandResult, runCommand } from "./testing/run-command.ts";

interface Gateway {
  readonly identity: IdentityUnderTest;
  run(line: string): Promise<CommandResult>;
}

async function start(t: TestContext, options: TestOptions = {}): Promise<Gateway> {
  const identity = await startIdentityForTest(options);
  t.after(() => identity.close());
  return { identity, run: (line) => runCommand(line.split(" "), { dataDirectory: identity.directory }) };
}

test("a budget has a window and may be soft, each kept apart from the others", async (t) => {
  const { identity, run } = await start(t);
  await run("teams create core");
  const day = await run("budgets set team core --usd 100 --window day");
  assert.equal(day.stdout, "team core: at most 100.00 USD per day; 1.25 spent so far.\n", day.stderr);
  const soft = await run("budgets set team core --usd 75 --window day --soft");
  assert.equal(soft.stdout, "team core: warned beyond 75.00 USD per day; 1.25 spent so far.\n", soft.stderr);
  assert.equal(identity.ledger.limits.size, 2);
  const shown = (await run("budgets --account team:core")).stdout;
  assert.match(shown, /team core +USD +day +100\.00 +1\.25 +0\.000000005 +1\.25 % +1 +2027-01-15 08:00Z/);
  assert.match(shown, /team core +USD +day \(soft\) +75\.00 /);
  const removed = await run("budgets remove team core --window day --soft");
  assert.equal(removed.stdout, "team core: no soft limit in USD per day any more.\n", removed.stderr);
  assert.equal(identity.ledger.limits.size, 1);
  await run("budgets remove team core");
  assert.equal(identity.ledger.limits.size, 1, "the total is another limit than the day's");
  assert.match((await run("budgets --account team:nobody")).stderr, /no team "nobody"/);
});

test("rate limits are set, listed and removed by name", async (t) => {
  const { run } = await start(t);
  assert.equal((await run("limits")).stdout, "There are no rate limits.\n");
  await run("users create ada");
  const set = await run("limits set user ada --rpm 60 --tpm 100000");
  assert.equal(set.stdout, "user ada: at most 60 requests and 100000 tokens per minute.\n", set.stderr);
  assert.match((await run("limits")).stdout, /user ada +default +60 +100000/);
  await run("limits set user ada --rpm 30");
  assert.match((await run("limits")).stdout, /user ada +default +30 +-/);
  assert.equal((await run("limits remove user ada")).stdout, "user ada: no rate limit any more.\n");
  assert.equal((await run("limits")).stdout, "There are no rate limits.\n");
});

test("an organisation's time zone is set by its proper name and shown", async (t) => {
  const { identity, run } = await start(t);
  const set = await run("orgs set default --time-zone europe/berlin");
  assert.equal(set.stdout, "default: days, weeks and months begin in Europe/Berlin.\n", set.stderr);
  assert.deepEqual([...identity.ledger.zones.values()], ["Europe/Berlin"]);
  assert.match((await run("orgs list")).stdout, /default +\S+ \S+ +Europe\/Berlin/);
  for (const zone of ["Mars/Olympus", "+01:00", "x".repeat(80)]) {
    const refused = await run(`orgs set default --time-zone ${zone}`);
    assert.deepEqual([refused.code, /time_zone is .*IANA name/.test(refused.stderr)], [1, true], refused.stderr);
  }
});

test("a session is opened with its slice, listed with what it spent, and closed", async (t) => {
  const { identity, run } = await start(t);
  const key = (await run("keys create --name app")).stdout.trim();
  const opened = await run(`sessions create --key ${key} --usd 0.50 --tokens 1000 --expires 2h --name night`);
  assert.match(opened.stdout, /^ses_[0-9a-z]{25}\n$/, opened.stderr);
  assert.match(opened.stderr, /0\.50 USD, 1000 tokens; expires \d{4}-/);
  const id = opened.stdout.trim();
  const slice = identity.ledger.slices.get(id);
  assert.deepEqual(
    slice?.amounts.map(({ value }) => value),
    [500_000_000n, 1000n],
  );
  assert.equal(slice?.parents.length, 2);
  assert.match((await run("sessions list")).stdout, /night +app +open +\S+ \S+ +0\.50 USD, 1000 tokens/);
  assert.equal((await run(`sessions close ${id}`)).stdout, `${id} is closed.\n`);
  assert.equal((await run("sessions list")).stdout, "There are no sessions.\n");
  assert.match((await run("sessions list --all")).stdout, /closed/);
  assert.match((await run("sessions close ses_0000000000000000000000000")).stderr, /There is no session/);
});

test("a whole key that was pasted is enough to name its account, and is not repeated", async (t) => {
  const { run } = await start(t);
  const key = (await run("keys create --name app")).stdout.trim();
  for (const line of [
    `budgets set key ${key} --usd 5`,
    `budgets --account key:${key}`,
    `budgets remove key ${key}`,
    `limits set key ${key} --rpm 5`,
    `limits remove key ${key}`,
  ]) {
    const { code, stdout, stderr } = await run(line);
    assert.equal(code, 0, stderr);
    assert.ok(!stdout.includes(key), line.split(" ", 2).join(" "));
  }
});

test("a key of another organisation than the one named is not found", async (t) => {
  const { identity, run } = await start(t);
  await run("orgs create acme");
  const key = (await run("keys create --name app --org default")).stdout.trim();
  const refused = await run(`budgets set key ${key} --usd 5 --org acme`);
  assert.match(refused.stderr, /The organisation "acme" has no such key/);
  assert.equal(identity.ledger.limits.size, 0);
  const set = await run(`budgets set key ${key} --usd 5 --org default`);
  assert.equal(set.code, 0, set.stderr);
});

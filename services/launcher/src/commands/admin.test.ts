import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { type TestContext, test } from "node:test";
import { type IdentityUnderTest, STORY, startIdentityForTest, type TestOptions } from "@sluice/identity/testing";
import { apiKeyFault } from "@sluice/platform/ids";
import { type CommandResult, type RunOptions, runCommand } from "./testing/run-command.ts";

interface Gateway {
  readonly identity: IdentityUnderTest;
  run(line: string, options?: Partial<RunOptions>): Promise<CommandResult>;
}

async function start(t: TestContext, options: TestOptions = {}): Promise<Gateway> {
  const identity = await startIdentityForTest(options);
  t.after(() => identity.close());
  const run = async (line: string, more: Partial<RunOptions> = {}) =>
    await runCommand(line.split(" "), { dataDirectory: identity.directory, ...more });
  return { identity, run };
}

test("without a gateway every command says how to start one", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-none-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const line of [
    "keys list",
    "budgets",
    "limits",
    "sessions list",
    "config declared",
    "models",
    "usage",
    "secrets list",
    "tail all",
    "orgs list",
  ]) {
    const result = await runCommand(line.split(" "), { dataDirectory: folder });
    assert.equal(result.code, 1, line);
    assert.equal(result.stderr, `sluice: no gateway is running on ${folder}: start it with \`npx sluice up\`\n`);
  }
  const nowhere = await runCommand(["keys", "list"], { dataDirectory: join(folder, "absent") });
  assert.match(nowhere.stderr, /no gateway is running/);
});

test("a dead gateway's files are not mistaken for a living one", async (t) => {
  const { identity, run } = await start(t);
  const { cp } = await import("node:fs/promises");
  const folder = await mkdtemp(join(tmpdir(), "sluice-dead-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const name of ["admin.json", "admin.token"]) await cp(join(identity.directory, name), join(folder, name));
  await identity.running.drain(1000);
  assert.match((await run("keys list", { dataDirectory: folder })).stderr, /no gateway is running/);
});

test("a key is made, listed and revoked; its secret alone is on standard output", async (t) => {
  const { identity, run } = await start(t);
  const made = await run("keys create --name app --budget-usd 5.000000001 --expires 30d --models sim/*,acme/large");
  assert.equal(made.code, 0, made.stderr);
  assert.equal(apiKeyFault(made.stdout.trim()), undefined);
  assert.match(made.stderr, /budget 5\.000000001 USD; expires \d{4}-.*; models sim\/\*, acme\/large/);
  assert.deepEqual(
    [...identity.ledger.limits.values()].map(({ limit }) => limit),
    [5_000_000_001n],
  );
  const listed = await run("keys list");
  assert.match(listed.stdout, /^ID +KEY +NAME +STATE/);
  assert.match(listed.stdout, /app +active/);
  assert.ok(!listed.stdout.includes(made.stdout.trim()));
  // Pasting the whole key works, and the whole key goes nowhere.
  const revoked = await run(`keys revoke ${made.stdout.trim()}`);
  assert.match(revoked.stdout, /is revoked\.$/m);
  assert.ok(!revoked.stdout.includes(made.stdout.trim()));
  assert.match((await run("keys list")).stdout, /There are no keys/);
  const all = JSON.parse((await run("keys list --all --json")).stdout) as { keys: { state: string }[] };
  assert.deepEqual(
    all.keys.map((key) => key.state),
    ["revoked"],
  );
});

test("amounts and options that are wrong end with 2 before anything is asked", async (t) => {
  const { identity, run } = await start(t);
  const lines = [
    "keys create --budget-usd 0.0000000001",
    "keys create --budget-usd=-1",
    "keys create --expires soon",
    "keys create --colour red",
    "budgets set key some",
    "budgets set key some --usd 1 --tokens 5",
    "budgets set planet earth --usd 1",
    "budgets remove key some --unit gold",
    "budgets set key some --usd 1 --window year",
    "budgets --account core",
    "limits set key some",
    "limits set key some --rpm 0",
    "limits set planet earth --rpm 1",
    "sessions create --key some",
    "sessions create --key some --expires never",
    "orgs set default",
    "config apply",
    "nonsense",
  ];
  for (const line of lines) assert.equal((await run(line)).code, 2, line);
  assert.deepEqual(await identity.events("SLUICE_AUDIT"), []);
  assert.equal((await run("keys revoke key_unknown")).code, 1);
  assert.equal((await run("keys create --help")).code, 0);
});

test("budgets are set by name, shown with the organisation's total, and removed", async (t) => {
  const { run } = await start(t);
  assert.match((await run("budgets")).stdout, /No account has a limit/);
  assert.equal((await run("teams create core")).code, 0);
  const set = await run("budgets set team core --usd 2.5");
  assert.equal(set.stdout, "team core: at most 2.50 USD; 1.25 spent so far.\n", set.stderr);
  await run("budgets set org default --usd 100");
  await run("budgets set team core --tokens 1000000");
  const shown = (await run("budgets --org default")).stdout.trim().split("\n");
  assert.match(shown[0] ?? "", /^ACCOUNT +UNIT +WINDOW +LIMIT +SPENT +HELD +USED +HOLDS +STARTS ANEW$/);
  assert.equal(shown.length, 5);
  assert.match(shown.join("\n"), /team core +USD +total +2\.50 +1\.25 +0\.000000005 +50\.00 % +1 +-/);
  assert.equal(shown.at(-1), "Total of default: spent 1.25 USD, held 0.000000005 USD.");
  await run("budgets remove team core");
  const rest = JSON.parse((await run("budgets --json")).stdout) as { budgets: unknown[]; totals: unknown[] };
  assert.deepEqual([rest.budgets.length, rest.totals.length], [2, 1]);
});

test("organisations, teams and users are made and listed; a taken name is said", async (t) => {
  const { run } = await start(t);
  assert.equal((await run("orgs create Acme")).code, 0);
  assert.equal((await run("users create ada --org Acme")).code, 0);
  assert.match((await run("users list")).stdout, /ada/);
  assert.match((await run("orgs list")).stdout, /Acme/);
  const again = await run("orgs create Acme");
  assert.equal(again.stderr, 'sluice: There is already an organisation named "Acme": choose another name.\n');
  assert.match((await run("teams create core")).stderr, /several organisations/);
});

test("a secret is piped in, trimmed at its end, and never taken from the command line", async (t) => {
  const { identity, run } = await start(t);
  const secret = "acme-secret-0123456789";
  const set = await run("secrets set acme", { stdin: `${secret}\n` });
  assert.equal(set.stdout, "The credential of acme is stored, sealed (it ends in 6789).\n", set.stderr);
  assert.equal(identity.providers.secrets.get("acme"), secret);
  for (const line of [
    `secrets set acme ${secret}`,
    `secrets set acme --key ${secret}`,
    `secrets set acme --key=${secret}`,
  ]) {
    const refused = await run(line);
    assert.equal(refused.code, 2, line);
    assert.match(refused.stderr, /never an argument/);
    assert.ok(!(refused.stdout + refused.stderr).includes(secret));
  }
  assert.match((await run("secrets set acme", { stdin: " \n" })).stderr, /empty: nothing was stored/);
  assert.match((await run("secrets list")).stdout, /acme +…6789/);
  assert.match((await run("secrets delete acme")).stdout, /is removed/);
  assert.match((await run("secrets list")).stdout, /acme +missing/);
});

test("a secret typed at a terminal is not shown, can be corrected and can be given up", async (t) => {
  const { identity, run } = await start(t);
  const terminal = () => {
    const modes: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => modes.push(on) });
    return { stdin, modes };
  };
  const typed = terminal();
  const storing = run("secrets set acme", { stdin: typed.stdin });
  typed.stdin.write("acme-typxx");
  typed.stdin.write("\u007f\u007fed-1234\r");
  const stored = await storing;
  assert.equal(stored.code, 0, stored.stderr);
  assert.equal(identity.providers.secrets.get("acme"), "acme-typed-1234");
  assert.ok(!(stored.stdout + stored.stderr).includes("acme-typed"));
  assert.deepEqual(typed.modes, [true, false]);
  const left = terminal();
  const leaving = run("secrets set acme", { stdin: left.stdin });
  left.stdin.write("half\u0003");
  const given = await leaving;
  assert.deepEqual([given.code, left.modes], [1, [true, false]]);
  assert.equal(identity.providers.secrets.get("acme"), "acme-typed-1234");
});

test("tail prints what is kept, readable on a terminal and as JSON lines elsewhere", async (t) => {
  const { run } = await start(t);
  await run("keys create --name app");
  const shown = await run("tail control --no-follow");
  assert.match(shown.stdout, /^\d{4}-\d\d-\d\dT.*Z {2}key\.created +keyId=key_/);
  const piped = await run("tail all --no-follow --type key.created", { isTerminal: false });
  const event = JSON.parse(piped.stdout) as Record<string, unknown>;
  assert.deepEqual([event["stream"], event["type"], event["sequence"]], ["SLUICE_CONTROL", "key.created", 1]);
  assert.match((await run("tail nowhere")).stderr, /There is no stream "nowhere"/);
});

test("a reader that leaves ends the tail without a complaint", async (t) => {
  const { run } = await start(t);
  await run("keys create");
  const broken = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })),
  });
  const result = await run("tail control --from-start", { stdout: broken });
  assert.deepEqual([result.code, result.stderr], [0, ""]);
});

test("models and usage are tables for people and exact JSON for programs", async (t) => {
  const { run } = await start(t);
  assert.match((await run("models")).stdout, /sim\/small +sim +simulator +128000/);
  assert.match((await run("models")).stdout, /acme\/large +acme +nobody: credential missing/);
  assert.doesNotMatch((await run("models --available")).stdout, /acme\/large/);
  assert.match((await run("models --provider nope")).stderr, /--provider nope: no model has it; there are acme, sim/);
  assert.match((await run("models small")).stdout, /^sim\/small\n {2}provider +sim\n/);
  assert.match((await run("models nothing")).stderr, /no model is called nothing/);
  const usage = await run("usage --since 24h");
  assert.match(
    usage.stdout,
    /sim +small +3 +30 +9007199254740993 +0 +3 +2 +1\.250000001 +0\.625000001\nTotal: 1\.250000001 USD\.\n$/,
  );
  assert.match((await run("usage --json")).stdout, /"total_nanousd": "1250000001"/);
});

test("a request's story is told in order on a terminal, exactly for programs, and without control characters", async (t) => {
  const { identity, run } = await start(t);
  const told = await run(`explain ${STORY.requestId}`);
  assert.deepEqual([told.code, told.stderr], [0, ""]);
  assert.equal(
    told.stdout,
    `Request req_0000000000000000000000abc: settled.
  arrived    2026-11-22T19:00:00.000Z
  tenant     org_a
  key        key_a
  asked for  fast, streamed
  plan       priority, route fa*, at most 3 attempts, judged at level guard, prompt of at most 40 tokens

CANDIDATE   FIRST  REMARK
sim/small   100 %
acme/large      -
acme/blind      -  it takes no images

Attempt 1: sim/small (att_1)
  hold       0.004136 USD, the worst case by sim/small@1, placed at +2 ms
             on org:org_a, key:key_a
             void at +12 ms: Nothing was sent.
  provider   asked at +4 ms, error at +10 ms
  usage      none
  caller     failed after 9 ms
  error      upstream_overloaded (HTTP 503, busy): sim failed.
  then       the next candidate after 25 ms: another candidate may serve

Attempt 2: acme/large (att_2)
  hold       0.005 USD, the worst case by acme/large@2, placed at +40 ms
             on org:org_a
             expired at +60040 ms: Nobody metered the attempt before its hold expired.
  provider   asked at +42 ms, completed at +900 ms
  usage      9 input, 3 cached input, 9007199254740993 output, 4 of it reasoning; by the provider's figures
  judged     final: pass, in 41 µs
             empty pass (0): it has\ufffd[31m text
  caller     delivered after 860 ms, first content after 120 ms, verdict pass, finish reason stop
  then       the request is answered

BILL OF ATTEMPT  BOOKED AS                   PRICE                AT           USD
2                estimated                   acme/large@2  +60040 ms         0.005
2                correction, above its hold  acme/large@2          -  -0.003999999
Total: 0.001000001 USD.

Note: This story is made up.
`,
  );
  const exact = await run(`explain ${STORY.requestId} --json`);
  const json = JSON.parse(exact.stdout) as Record<string, unknown>;
  assert.deepEqual([json["state"], json["bill_nanousd"]], ["settled", "1000001"]);
  const before = (await identity.events("SLUICE_AUDIT")).length;
  const malformed = await run("explain req_1");
  assert.deepEqual([malformed.code, (await identity.events("SLUICE_AUDIT")).length], [2, before]);
  assert.match(malformed.stderr, /x-sluice-request-id/);
  const unknown = await run("explain req_0000000000000000000000xyz");
  assert.deepEqual([unknown.code, unknown.stderr], [1, "sluice: No fact tells of req_0000000000000000000000xyz.\n"]);
});

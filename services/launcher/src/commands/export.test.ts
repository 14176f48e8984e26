import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type IdentityUnderTest, startIdentityForTest } from "@sluice/identity/testing";
import { SluiceError } from "@sluice/platform/errors";
import { AccountKind } from "@sluice/proto/common/v1/call_context";
import { Posting } from "@sluice/proto/ledger/v1/ledger_service";
import { type CommandResult, runCommand } from "./testing/run-command.ts";

const STARTED = Date.UTC(2026, 9, 31, 23, 59, 59);
const POSTED = Date.UTC(2026, 10, 1, 0, 0, 3);

const SPLIT = Posting.fromPartial({
  sequence: 1n,
  attemptId: "att_1",
  requestId: "req_1",
  tenantId: "org_a",
  provider: "sim",
  model: "small",
  priceId: "sim/small",
  priceVersion: "sim/small@1",
  kind: "metered",
  amountNanousd: 1_000_000_001n,
  inputTokens: 1_000n,
  outputTokens: 9_007_199_254_740_993n,
  startedAtMs: BigInt(STARTED),
  postedAtMs: BigInt(POSTED),
  accounts: [
    { kind: AccountKind.ACCOUNT_KIND_ORG, id: "org_a" },
    { kind: AccountKind.ACCOUNT_KIND_KEY, id: "key_a" },
  ],
  usage: { inputTokens: 400n, cachedInputTokens: 590n, cacheWrite5mTokens: 10n, outputTokens: 9_007_199_254_740_993n },
  task: "-triage",
  tags: { teamName: '=HYPERLINK("http://x")', note: 'a "quoted", thing' },
  charges: [
    { class: "cached_input", quantity: 600n, amountNanousd: 1n, rateNanousd: 1_500n },
    { class: "output", quantity: 9_007_199_254_740_993n, amountNanousd: 1_000_000_000n, rateNanousd: 2_000_000_000n },
  ],
});
const CORRECTION = Posting.fromPartial({
  ...SPLIT,
  sequence: 2n,
  kind: "correction",
  amountNanousd: -38_000n,
  inputTokens: -10n,
  outputTokens: 0n,
  charges: [],
  tags: {},
  task: "",
});

interface Gateway {
  readonly identity: IdentityUnderTest;
  run(line: string): Promise<CommandResult>;
}

async function start(t: TestContext, postings: Posting[]): Promise<Gateway> {
  const identity = await startIdentityForTest();
  t.after(() => identity.close());
  identity.ledger.postings = postings;
  const run = async (line: string) =>
    await runCommand(line.split(" "), { dataDirectory: identity.directory, isTerminal: false });
  return { identity, run };
}

/** Cells of CSV without line breaks inside of them. */
function table(text: string): Record<string, string>[] {
  const [head = [], ...rows] = text
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
      ),
    );
  return rows.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? ""])));
}

test("CSV has exact amounts, and nothing in it is a formula", async (t) => {
  const { run } = await start(t, [SPLIT, CORRECTION]);
  const { stdout, stderr, code } = await run("export");
  assert.deepEqual([code, stderr], [0, ""]);
  const [first = {}, second = {}] = table(stdout);
  assert.equal(first["amount_usd"], "1.000000001");
  assert.equal(first["total_output_tokens"], "9007199254740993");
  assert.deepEqual([first["cached_input_tokens"], first["cache_write_5m_tokens"]], ["590", "10"]);
  assert.equal(first["cache_write_1h_tokens"], "");
  assert.equal(first["task"], "'-triage");
  assert.deepEqual(JSON.parse(first["tags"] ?? ""), SPLIT.tags);
  assert.deepEqual([first["key"], first["org"], first["team"]], ["key_a", "org_a", ""]);
  assert.equal(first["started_at"], "2026-10-31T23:59:59.000Z");
  assert.deepEqual([second["amount_usd"], second["total_input_tokens"]], ["-0.000038000", "-10"]);
  for (const line of stdout.split("\r\n")) assert.doesNotMatch(line, /(?:^|,)"?[=+@]/);
});

test("JSON lines keep names as callers gave them, and integers of any size", async (t) => {
  const { run } = await start(t, [SPLIT]);
  const [line = ""] = (await run("export --format jsonl")).stdout.split("\n");
  const posting = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual(posting["tags"], SPLIT.tags);
  assert.equal(posting["output_tokens"], "9007199254740993");
  assert.deepEqual(posting["accounts"], [
    { kind: "org", id: "org_a", name: "" },
    { kind: "key", id: "key_a", name: "" },
  ]);
  assert.equal(posting["started_at_ms"], STARTED);
});

test("a cost report in FOCUS has a row per class, rows sum to the books, and a late correction says so", async (t) => {
  const { run } = await start(t, [SPLIT, CORRECTION]);
  const rows = table((await run("export --format focus")).stdout);
  assert.deepEqual(
    rows.map((row) => [row["SkuId"], row["SkuMeter"], row["BilledCost"], row["ChargeCategory"], row["ChargeClass"]]),
    [
      ["sim/small/cached_input", "Cached input tokens", "0.000000001", "Usage", ""],
      ["sim/small/output", "Output tokens", "1.000000000", "Usage", ""],
      ["sim/small", "Tokens", "-0.000038000", "Usage", "Correction"],
    ],
  );
  const [, output = {}, late = {}] = rows;
  assert.deepEqual(
    [output["ConsumedQuantity"], output["PricingQuantity"], output["PricingUnit"], output["ListUnitPrice"]],
    ["9007199254740993", "9007199254.740993", "1000000 Tokens", "2.000000000"],
  );
  assert.deepEqual(
    [output["ChargePeriodStart"], output["ChargePeriodEnd"], output["BillingPeriodStart"], output["BillingPeriodEnd"]],
    ["2026-10-31T23:00:00Z", "2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"],
  );
  assert.equal(late["BillingPeriodStart"], "2026-11-01T00:00:00Z");
  assert.equal(late["ChargePeriodStart"], "2026-10-31T23:00:00Z");
  assert.deepEqual([output["SkuPriceId"], output["ServiceCategory"]], ["sim/small@1", "AI and Machine Learning"]);
  const tags = JSON.parse(output["Tags"] ?? "") as Record<string, string>;
  assert.deepEqual(tags, { ...SPLIT.tags, "sluice/key": "key_a", "sluice/task": "-triage" });
});

test("a file has its name only when it is whole, and is its owner's", async (t) => {
  const { identity, run } = await start(t, [SPLIT, CORRECTION]);
  const folder = await mkdtemp(join(tmpdir(), "sluice-export-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "bill.csv");
  const done = await run(`export --out ${file}`);
  assert.deepEqual([done.code, done.stdout, done.stderr], [0, "", `2 postings are in ${file}.\n`]);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal(table(await readFile(file, "utf8")).length, 2);
  identity.ledger.down = new SluiceError("unavailable", "The ledger is away.");
  const failed = await run(`export --out ${join(folder, "other.csv")}`);
  assert.equal(failed.code, 1);
  assert.deepEqual(await readdir(folder), ["bill.csv"]);
});

test("periods and formats that are wrong end with 2 before anything is asked", async (t) => {
  const { run } = await start(t, []);
  for (const line of [
    "export --format xml",
    "export --from yesterday",
    "export --from 2026-11-02 --to 2026-11-01",
    "export --from 2026-11-01 --since 1d",
    "usage --csv --json",
    "usage --since soon",
    "ledger rerate",
  ]) {
    const { code, stdout, stderr } = await run(line);
    assert.deepEqual([code, stdout], [2, ""], line);
    assert.match(stderr, /^sluice: /, line);
  }
});

test("usage by any dimension is a table, CSV or JSON, with the cost of what succeeded", async (t) => {
  const { run } = await start(t, []);
  assert.match((await run("usage --by provider,model")).stdout, /^PROVIDER +MODEL +ATTEMPTS/);
  const [row = {}] = table((await run("usage --csv")).stdout);
  assert.deepEqual([row["provider"], row["cost_usd"], row["succeeded"]], ["sim", "1.250000001", "2"]);
  const { rows } = JSON.parse((await run("usage --json")).stdout) as { rows: Record<string, unknown>[] };
  assert.equal(rows[0]?.["cost_per_success_nanousd"], "625000001");
});

test("a re-rating tells differences, part by part, and posts them only when asked to", async (t) => {
  const { identity, run } = await start(t, []);
  const told = await run("ledger rerate --from 2026-11-01 --to 2026-11-01T12:00:00Z --model sim/small");
  assert.match(told.stdout, /sim\/small@1 +sim\/small@2 +4 +0\.000002 +0\.0000018 +-0\.0000002\n/);
  assert.match(told.stdout, /2 attempts stay as they are.*\nNothing is posted: add --post/);
  assert.deepEqual(
    identity.ledger.reratings.map(({ fromMs, toMs, priceIds, post }) => [toMs - fromMs, priceIds, post]),
    [
      [21_600_000n, ["sim/small"], false],
      [21_600_000n, ["sim/small"], false],
    ],
  );
  const posted = await run("ledger rerate --from 2026-11-01 --to 2026-11-01T01:00:00Z --post");
  assert.match(posted.stdout, /2 compensating entries are posted\./);
});

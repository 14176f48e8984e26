import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type FakeLedger, startIdentityForTest } from "@sluice/identity/testing";
import { UsageReportRow } from "@sluice/proto/ledger/v1/ledger_service";
import { type CommandResult, runCommand } from "./testing/run-command.ts";

interface Desk {
  readonly ledger: FakeLedger;
  /** Writes a file and runs the command on it. */
  run(name: string, text: string, ...flags: readonly string[]): Promise<CommandResult>;
}

async function start(t: TestContext): Promise<Desk> {
  const identity = await startIdentityForTest();
  const folder = await mkdtemp(join(tmpdir(), "sluice-reconcile-"));
  t.after(async () => {
    await identity.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    ledger: identity.ledger,
    run: async (name, text, ...flags) => {
      const file = join(folder, name);
      await writeFile(file, text);
      return await runCommand(["reconcile", ...flags, file], { dataDirectory: identity.directory });
    },
  };
}

interface Booked {
  readonly day?: string;
  readonly model: string;
  readonly attempts?: bigint;
  readonly usage?: Readonly<Record<string, bigint>>;
  readonly nanousd?: bigint;
}

function book(ledger: FakeLedger, provider: string, ...rows: readonly Booked[]): void {
  const made = rows.map(({ day = "2026-11-01", model, attempts = 1n, usage = {}, nanousd = 0n }) =>
    UsageReportRow.fromPartial({ day, model, attempts, costNanousd: nanousd, usage }),
  );
  ledger.booked.set(provider, [...(ledger.booked.get(provider) ?? []), ...made]);
}

interface Answer {
  readonly agree: number;
  readonly differ: number;
  readonly difference_nanousd: string;
  readonly differences: readonly {
    readonly day: string;
    readonly model: string;
    readonly billed_as: readonly string[];
    readonly tokens: readonly { readonly class: string; readonly billed: string; readonly booked: string }[];
    readonly billed_nanousd: string | null;
    readonly difference_nanousd: string | null;
    readonly posted: boolean;
  }[];
  readonly posted?: readonly string[];
}

const answerOf = ({ stdout, stderr }: CommandResult): Answer => {
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout) as Answer;
};

const OPENAI_USAGE = `start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,model,batch,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens,input_audio_tokens,output_audio_tokens
1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,proj_1,10.0,gpt-4o-2024-08-06,FALSE,59200.0,10646.0,5760.0,53440.0,0.0,0.0
1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,proj_2,1.0,gpt-4o-2024-08-06,FALSE,800.0,100.0,0.0,800.0,300.0,40.0
1793577600,1793664000,2026-11-02T00:00:00+00:00,2026-11-03T00:00:00+00:00,,,,,,,,,,
`;

test("a usage export agrees with the ledger, class by class, whatever a version of the model is called", async (t) => {
  const { ledger, run } = await start(t);
  const usage = { inputTokens: 53_940n, cachedInputTokens: 5_760n, inputAudioTokens: 300n, outputTokens: 10_706n };
  book(ledger, "openai", { model: "gpt-4o", usage: { ...usage, outputAudioTokens: 40n } });
  const got = await run("usage.csv", OPENAI_USAGE, "--provider", "openai");
  assert.match(got.stdout, /Nothing differs\./, got.stderr);
  assert.match(got.stdout, /openai, 2026-11-01 to 2026-11-02, 3 records: 1 of 1 pairs of day and model agree/);
});

test("differences are told by class, priced, posted once, and gone afterwards", async (t) => {
  const { ledger, run } = await start(t);
  const usage = { inputTokens: 43_940n, cachedInputTokens: 15_760n, inputAudioTokens: 300n, outputTokens: 10_706n };
  book(ledger, "openai", { model: "gpt-4o", usage: { ...usage, outputAudioTokens: 40n } });
  const first = await run("usage.csv", OPENAI_USAGE, "--provider", "openai");
  assert.match(first.stdout, /2026-11-01 +gpt-4o +input +53940 +43940 +\+10000/, first.stderr);
  assert.match(first.stdout, /2026-11-01 +gpt-4o +cached input +5760 +15760 +-10000/);
  assert.match(first.stdout, /Run it again with --post/);
  assert.equal(ledger.adjustments.length, 0);
  const posted = await run("usage.csv", OPENAI_USAGE, "--provider", "openai", "--post", "--json");
  assert.equal(answerOf(posted).posted?.length, 1);
  const [entry] = ledger.adjustments;
  assert.deepEqual(
    [entry?.usage?.inputTokens, entry?.usage?.cachedInputTokens, entry?.inputTokens, entry?.model],
    [10_000n, -10_000n, 0n, "gpt-4o"],
  );
  const again = answerOf(await run("usage.csv", OPENAI_USAGE, "--provider", "openai", "--post", "--json"));
  assert.deepEqual([again.agree, again.differ, again.posted], [1, 0, []]);
  assert.equal(ledger.adjustments.length, 1);
});

test("OpenAI's costs, as the API's pages: amounts by model, to the nano-dollar", async (t) => {
  const { ledger, run } = await start(t);
  book(ledger, "openai", { model: "gpt-4o", nanousd: 2_250_000_000n }, { model: "gpt-4o-mini", nanousd: 10n });
  const result = (value: number | string, line_item: string | null) => ({
    object: "organization.costs.result",
    amount: { value, currency: "usd" },
    line_item,
  });
  const bucket = (start_time: number, results: unknown[]) => ({
    object: "bucket",
    start_time,
    end_time: start_time + 86_400,
    results,
  });
  const pages = {
    object: "page",
    data: [
      bucket(1_793_491_200, [
        result(1.5, "gpt-4o-2024-08-06, input"),
        result("0.7500000000000000", "gpt-4o-2024-08-06, output"),
        result(1e-8, "gpt-4o-mini-2024-07-18, input"),
        result(0.25, "web search tool calls"),
      ]),
      bucket(1_793_577_600, []),
    ],
  };
  const got = answerOf(await run("costs.json", JSON.stringify(pages), "--provider", "openai", "--json"));
  assert.deepEqual([got.agree, got.differ], [2, 1]);
  assert.deepEqual(
    [got.differences[0]?.model, got.differences[0]?.billed_nanousd, got.difference_nanousd],
    ["web search tool calls", "250000000", "250000000"],
  );
  const known = answerOf(
    await run("costs.json", JSON.stringify(pages), "--provider", "openai", "--json", "--booked-only", "--post"),
  );
  assert.deepEqual([known.agree, known.differ, known.posted], [2, 0, []]);
});

test("costs that name no model are compared day by day, as a whole", async (t) => {
  const { ledger, run } = await start(t);
  book(ledger, "openai", { model: "gpt-4o", nanousd: 600_000_000n }, { model: "gpt-5", nanousd: 200_000_000n });
  const tsv =
    "start_time\tend_time\tamount_value\tamount_currency\tline_item\n1793491200\t1793577600\t0.8958740000000000\tusd\t\n";
  const got = answerOf(await run("costs.tsv", tsv, "--provider", "openai", "--post", "--json"));
  assert.deepEqual([got.differ, got.difference_nanousd, got.posted?.length], [1, "95874000", 1]);
  assert.equal(ledger.adjustments[0]?.model, "unattributed");
  const again = answerOf(await run("costs.tsv", tsv, "--provider", "openai", "--post", "--json"));
  assert.deepEqual([again.differ, again.posted], [0, []]);
});

test("Anthropic's console exports: tokens with both lives of cache writes, and amounts under names for people", async (t) => {
  const { ledger, run } = await start(t);
  const usage = { inputTokens: 8n, cacheWrite5mTokens: 20n, cacheWrite1hTokens: 5n, cachedInputTokens: 90n };
  const booked = { model: "claude-haiku-4-5-20251001", usage: { ...usage, outputTokens: 30n }, nanousd: 50_000_000n };
  book(ledger, "anthropic", booked);
  const head =
    "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count";
  const row = "2026-11-01,claude-haiku-4-5-20251001,key,Default,standard,≤ 200k,8,20,5,90,30,0";
  const tokens = answerOf(await run("usage.csv", `${head}\r\n${row}\r\n`, "--provider", "anthropic", "--json"));
  assert.deepEqual([tokens.agree, tokens.differ], [1, 0]);
  const costs = `usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type
2026-11-01,Claude Haiku 4.5,"Default, of all",key,message,≤ 200k,input_no_cache,0.03,0.03,token
2026-11-01,Claude Haiku 4.5,Default,key,message,≤ 200k,output,0.02,0.02,token
`;
  const amounts = answerOf(await run("costs.csv", costs, "--provider", "anthropic", "--json"));
  assert.deepEqual([amounts.agree, amounts.differ], [1, 0]);
});

test("Anthropic's API reports: buckets of tokens, and amounts in cents", async (t) => {
  const { ledger, run } = await start(t);
  const usage = { inputTokens: 1_500n, cacheWrite1hTokens: 1_000n, cacheWrite5mTokens: 500n, cachedInputTokens: 200n };
  book(ledger, "anthropic", {
    model: "claude-sonnet-4",
    usage: { ...usage, outputTokens: 500n },
    nanousd: 1_237_891_200n,
  });
  const bucket = (results: object[]) => ({
    data: [{ starting_at: "2026-11-01T00:00:00Z", ending_at: "2026-11-02T00:00:00Z", results }],
    has_more: false,
  });
  const told = {
    uncached_input_tokens: 1_500,
    cache_creation: { ephemeral_1h_input_tokens: 1_000, ephemeral_5m_input_tokens: 500 },
    cache_read_input_tokens: 200,
    output_tokens: 500,
    server_tool_use: { web_search_requests: 10 },
    model: "claude-sonnet-4-20250514",
  };
  const pages = [bucket([told]), bucket([])];
  const tokens = answerOf(await run("usage.json", JSON.stringify(pages), "--provider", "anthropic", "--json"));
  assert.deepEqual([tokens.agree, tokens.differ], [1, 0]);
  const costs = bucket([
    { currency: "USD", amount: "123.78912", model: "claude-sonnet-4-20250514", token_type: "output_tokens" },
  ]);
  const amounts = answerOf(await run("cost.json", JSON.stringify(costs), "--provider", "anthropic", "--json"));
  assert.deepEqual([amounts.agree, amounts.differ], [1, 0]);
});

test("a plain table: several providers, tokens and amounts, one row per class, JSON lines", async (t) => {
  const { ledger, run } = await start(t);
  book(ledger, "acme", { model: "large", usage: { inputTokens: 70n, cachedInputTokens: 30n, outputTokens: 5n } });
  book(ledger, "other", { model: "tiny", nanousd: 5n });
  const lines = [
    { date: "2026-11-01", provider: "acme", model: "large", token_class: "input", quantity: 100 },
    { date: "2026-11-01T23:59:59Z", provider: "ACME", model: "large", token_class: "output_tokens", quantity: "5" },
    { date: "2026-11-01", provider: "other", model: "tiny", cost_usd: "0.000000006" },
  ];
  const text = lines.map((line) => JSON.stringify(line)).join("\n");
  const got = answerOf(await run("bill.jsonl", text, "--provider", "generic", "--json"));
  // The file knows no cached tokens, so the ledger's count as input; one nano-USD is the rounding of one attempt.
  assert.deepEqual(
    got.differences.map(({ model }) => model),
    [],
  );
  const one = await run("bill.jsonl", text, "--provider", "acme");
  assert.match(one.stdout, /2 records \(1 of other providers left out\)/, one.stderr);
});

test("what the ledger has and the provider does not bill is a difference too, within the tolerance it is none", async (t) => {
  const { ledger, run } = await start(t);
  const csv = "date,model,input_tokens,output_tokens\n2026-11-01,large,1000,10\n2026-11-03,large,1,1\n";
  const usage = { inputTokens: 1_004n, outputTokens: 10n };
  book(ledger, "acme", { model: "large", usage }, { day: "2026-11-02", model: "small", usage: { inputTokens: 9n } });
  const strict = answerOf(await run("bill.csv", csv, "--provider", "acme", "--json"));
  assert.deepEqual(
    strict.differences.map(({ day, model }) => `${day} ${model}`),
    ["2026-11-01 large", "2026-11-02 small", "2026-11-03 large"],
  );
  const flags = ["--provider", "acme", "--json", "--tolerance", "0.5%", "--to", "2026-11-02"];
  assert.equal(answerOf(await run("bill.csv", csv, ...flags)).differ, 0);
});

test("an earlier file can be reconciled again after another one has been", async (t) => {
  const { ledger, run } = await start(t);
  book(ledger, "acme", { model: "large", nanousd: 5_000n });
  const post = async (usd: string) => {
    const text = `date,model,cost_usd\n2026-11-01,large,${usd}\n`;
    return answerOf(await run("b.csv", text, "--provider", "acme", "--post", "--json")).posted?.length;
  };
  assert.deepEqual([await post("0.000009"), await post("0.000005"), await post("0.000009")], [1, 1, 1]);
  assert.equal(await post("0.000009"), 0);
});

test("files that begin with a byte order mark are read, also where the first name is in quotes or a line is JSON", async (t) => {
  const { ledger, run } = await start(t);
  book(ledger, "acme", { model: "large", usage: { inputTokens: 5n } });
  const files = [
    '\ufeff"date";"model";"input_tokens"\r\n"2026-11-01";"large";"5"\r\n',
    '\ufeff"date","model, in words","model","input_tokens"\n2026-11-01,x,large,5\n',
    '\ufeff{"date":"2026-11-01","model":"large","input_tokens":2}\n{"date":"2026-11-01","model":"large","input_tokens":3}\n',
    '\ufeff[{"date":"2026-11-01","model":"large","input_tokens":5}]',
  ];
  for (const text of files) {
    assert.equal(answerOf(await run("b", text, "--provider", "acme", "--json")).agree, 1, text);
  }
});

test("names that cannot be matched are given", async (t) => {
  const { ledger, run } = await start(t);
  book(ledger, "acme", { model: "large", usage: { inputTokens: 5n } });
  const csv = "date,model,input_tokens\n2026-11-01,The Big One,5\n";
  assert.equal(answerOf(await run("b.csv", csv, "--provider", "acme", "--json")).differ, 2);
  const told = await run("b.csv", csv, "--provider", "acme", "--json", "--model", "The Big One=large");
  assert.equal(answerOf(told).differ, 0);
});

test("files that cannot be right are refused, naming line, figure and what is accepted", async (t) => {
  const { ledger, run } = await start(t);
  const cases: readonly (readonly [text: string, flags: readonly string[], message: RegExp])[] = [
    ["date,model,input_tokens\n2026-11-01,m,-5\n", [], /Line 2 has "-5" as input_tokens.*whole number/],
    ["date,model,input_tokens\n2026-11-01,m,2.5\n", [], /Line 2 has "2.5" as input_tokens/],
    ["date,model,input_tokens\nyesterday,m,5\n", [], /Line 2 has the date "yesterday".*RFC 3339/],
    ["date,model\n2026-11-01,m\n", [], /Line 2 has neither tokens nor an amount.*Accepted are/],
    ["date,model,cost_usd,currency\n2026-11-01,m,1,EUR\n", [], /Line 2 is in EUR/],
    ['date,model,cost_usd\n2026-11-01,m,"0,50"\n', [], /Line 2 has "0,50" as cost_usd/],
    ["date,end_date,model,cost_usd\n2026-11-01,2026-12-01,m,1\n", [], /Line 2 covers 30 days/],
    [
      "date,end_date,model,cost_usd\n2026-11-01T00:00:00+02:00,2026-11-02T00:00:00+02:00,m,1\n",
      [],
      /Line 2 begins on 2026-10-31 at 22:00 UTC and ends on the next day/,
    ],
    ['date,model,cost_usd\n2026-11-01,"m,1\n', [], /Line 2 of the file has a quote that does not end/],
    ["date,model\n2026-11-01,m,1,2\n", [], /Line 2 of the file has 4 cells under 2 names/],
    ["{", [], /no JSON/],
    ["", [], /nothing to compare/],
    ["date,model,input_tokens\n2026-11-01,m,5\n", ["--tolerance", "much"], /"much" is no amount/],
    ["date,model,input_tokens\n2026-11-01,m,5\n", ["--from", "2026-13-01"], /--from "2026-13-01" is no day/],
    ["date,model,input_tokens\n2026-11-01,m,5\n", ["--layout", "mine"], /"mine" is no layout/],
    ["date,model,input_tokens\n2026-11-01,m,5\n", ["--model", "x"], /names no two models/],
  ];
  for (const [text, flags, message] of cases) {
    const got = await run("bad", text, "--provider", "acme", "--post", ...flags);
    assert.notEqual(got.code, 0, text);
    assert.match(got.stderr, message);
  }
  const unnamed = await run("bad", "date,model,input_tokens\n2026-11-01,m,5\n", "--provider", "generic");
  assert.match(unnamed.stderr, /Line 2 does not say which provider it is of/);
  assert.match((await run("none", "")).stderr, /required option '--provider/);
  assert.deepEqual(ledger.adjustments, []);
});

test("a large export is read piece by piece, and many entries are posted in parts", async (t) => {
  const { ledger, run } = await start(t);
  const rows = Array.from({ length: 60_000 }, (_, index) => {
    const day = `2026-11-${String((index % 20) + 1).padStart(2, "0")}`;
    return `${day},model-${index % 30}x,"say ""hi"", twice",0.000001`;
  });
  const csv = `date,model,note,cost_usd\n${rows.join("\n")}`;
  const got = answerOf(await run("large.csv", csv, "--provider", "acme", "--post", "--json"));
  const groups = new Set(rows.map((row) => row.split(",").slice(0, 2).join())).size;
  assert.deepEqual([got.posted?.length, got.difference_nanousd], [groups, "60000000"]);
  assert.equal(ledger.adjustments.length, groups);
});

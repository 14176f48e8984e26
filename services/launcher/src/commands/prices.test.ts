import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadCatalogue, SHIPPED_PRICES } from "@sluice/ledger/prices";
import { nanoOf, PER_MILLION, PER_UNIT } from "./prices/importers/foreign.ts";
import { runCommand } from "./testing/run-command.ts";

const LITELLM = {
  sample_spec: { litellm_provider: "one of" },
  "gpt-4.1": { litellm_provider: "openai", mode: "chat", input_cost_per_token: 2e-6, output_cost_per_token: 8e-6 },
  "gpt-4o": {
    litellm_provider: "openai",
    mode: "chat",
    input_cost_per_token: 3e-6,
    output_cost_per_token: 1e-5,
    input_cost_per_token_batches: 1.5e-6,
    output_cost_per_token_batches: 5e-6,
  },
  "openai/gpt-99": {
    litellm_provider: "openai",
    mode: "chat",
    input_cost_per_token: 1.5000000000000002e-7,
    output_cost_per_token: 6e-7,
    cache_read_input_token_cost: 7.5e-8,
    input_cost_per_token_above_200k_tokens: 3e-7,
    output_cost_per_token_above_200k_tokens: 9e-7,
  },
  "free-model": { litellm_provider: "openai", mode: "chat", input_cost_per_token: 0, output_cost_per_token: 0 },
  nothing: { litellm_provider: "openai" },
};
const MODELS_DEV = {
  openai: {
    models: {
      "gpt-99": {
        cost: { input: 0.15, output: 0.6, cache_read: 0.075, context_over_200k: { input: 0.3, output: 0.9 } },
      },
    },
  },
  "x-ai": { models: { "grok-99": { cost: { input: 1, output: 2 } }, "grok-98": {} } },
};
const GENAI = [
  {
    id: "openai",
    models: [
      {
        id: "gpt-99",
        prices: {
          input_mtok: { base: 0.15, tiers: [{ start: 200_000, price: 0.3 }] },
          cache_read_mtok: 0.075,
          output_mtok: { base: 0.6, tiers: [{ start: 200_000, price: 0.9 }] },
        },
      },
      { id: "gpt-98", prices: [{ constraint: { start_time: "00:30:00Z" }, prices: { input_mtok: 1 } }] },
      {
        id: "gpt-97",
        prices: [
          { prices: { input_mtok: 5, output_mtok: 6 } },
          { constraint: { start_date: "2026-01-01" }, prices: { input_mtok: 1, output_mtok: 2 } },
          { constraint: { start_date: "2999-01-01" }, prices: { input_mtok: 9, output_mtok: 9 } },
        ],
      },
    ],
  },
];

async function folderWith(t: TestContext, document: unknown): Promise<{ folder: string; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-import-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "other.catalogue");
  await writeFile(file, JSON.stringify(document));
  return { folder, file };
}

const run = (...line: string[]) => runCommand(["prices", ...line], { dataDirectory: "unused" });

test("another catalogue is compared first, and nothing is written", async (t) => {
  const { folder, file } = await folderWith(t, LITELLM);
  const { code, stdout } = await run("import", file, "--format", "litellm", "--into", folder);
  assert.equal(code, 0);
  assert.match(stdout, /changed +openai\/gpt-4o: input 2\.5 -> 3; without rates for the processing tiers priority\n/);
  assert.match(stdout, /new +openai\/gpt-99: input 0\.15; cached_input 0\.075; output 0\.6\n/);
  assert.match(stdout, /skipped +openai\/free-model: it says zero/);
  assert.match(stdout, /skipped +nothing: it has no price/);
  assert.match(stdout, /1 new, 1 changed, 1 unchanged, 2 skipped\.\nNothing is written without --apply\./);
  assert.deepEqual(await readdir(folder), ["other.catalogue"]);
});

test("what is applied becomes new versions beside the old ones, which stay as they were", async (t) => {
  const { folder, file } = await folderWith(t, LITELLM);
  const line = [
    "import",
    file,
    "--format",
    "litellm",
    "--into",
    folder,
    "--apply",
    "--valid-from",
    "2026-10-01T00:00:00Z",
  ];
  const { code, stdout, stderr } = await run(...line);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /Written to .*imported-litellm-2026-10-01T000000000Z\.json/);
  const catalogue = await loadCatalogue([SHIPPED_PRICES, folder]);
  assert.equal(catalogue.at("openai/gpt-4o", Date.parse("2026-09-30"))?.id, "openai/gpt-4o@2024-08-06");
  const changed = catalogue.at("openai/gpt-4o-2024-11-20", Date.parse("2026-10-01"));
  assert.equal(changed?.id, "openai/gpt-4o@2026-10-01");
  // Stated by the other catalogue, and kept from before.
  assert.deepEqual([changed?.rates.input, changed?.rates.cachedInput], [3_000_000_000n, 1_250_000_000n]);
  assert.equal(changed?.tiers?.["batch"]?.rates.input, 1_500_000_000n);
  assert.deepEqual(Object.keys(changed?.tiers ?? {}), ["batch"]);
  const added = catalogue.at("openai/gpt-99", Date.parse("2026-10-01"));
  assert.deepEqual([added?.rates.input, added?.longContext?.[0]?.aboveInputTokens], [150_000_000n, 200_000n]);
  const again = await run(...line, "--prices", folder);
  assert.match(again.stdout, /0 new, 0 changed, 3 unchanged, 2 skipped\.\nNothing to write\./);
});

test("the three formats say the same about the same model", async (t) => {
  const wanted = { input: 150_000_000n, cachedInput: 75_000_000n, output: 600_000_000n };
  const formats: readonly (readonly [string, unknown])[] = [
    ["litellm", LITELLM],
    ["models-dev", MODELS_DEV],
    ["genai-prices", GENAI],
  ];
  for (const [format, document] of formats) {
    const { folder, file } = await folderWith(t, document);
    await run("import", file, "--format", format, "--into", folder, "--apply", "--provider", "openai");
    const price = (await loadCatalogue([folder])).at("openai/gpt-99", Date.now());
    const { input, cachedInput, output } = price?.rates ?? {};
    assert.deepEqual({ input, cachedInput, output }, wanted, format);
    assert.equal(price?.longContext?.[0]?.rates.output, 900_000_000n, format);
  }
});

test("providers are known by their other names, and prices by the hour are no date", async (t) => {
  const dev = await folderWith(t, MODELS_DEV);
  const first = await run("import", dev.file, "--format", "models-dev", "--json");
  const { models } = JSON.parse(first.stdout) as { models: { kind: string; name: string }[] };
  assert.deepEqual(
    models.map(({ kind, name }) => `${kind} ${name}`),
    ["new openai/gpt-99", "skipped x-ai/grok-98", "new xai/grok-99"],
  );
  const genai = await folderWith(t, GENAI);
  const second = await run("import", genai.file, "--format", "genai-prices");
  assert.match(second.stdout, /skipped +openai\/gpt-98: its price depends on the time of day/);
  assert.match(second.stdout, /new +openai\/gpt-97: input 1; output 2/);
});

test("amounts are exact, and the noise of computers is none", () => {
  assert.equal(nanoOf(1.5000000000000002e-7, PER_UNIT), 150_000_000n);
  assert.equal(nanoOf(0.1 + 0.2, PER_MILLION), 300_000_000n);
  assert.equal(nanoOf("0.0375", PER_MILLION), 37_500_000n);
  assert.equal(nanoOf(0, PER_UNIT), 0n);
  assert.equal(nanoOf(1e-16, PER_UNIT), 1n);
  for (const none of [-1, Number.NaN, Number.POSITIVE_INFINITY, null, undefined, "", "x", {}, 1e30]) {
    assert.equal(nanoOf(none, PER_UNIT), undefined);
  }
});

test("a file of another format, and a folder that is missing, are told", async (t) => {
  const { file } = await folderWith(t, LITELLM);
  assert.match(
    (await run("import", file, "--format", "genai-prices")).stderr,
    /has no price in the format genai-prices/,
  );
  assert.match((await run("import", file, "--format", "csv")).stderr, /these are: litellm, models-dev, genai-prices/);
  assert.match((await run("import", "/nowhere", "--format", "litellm")).stderr, /\/nowhere cannot be read/);
  const { code, stderr } = await run("import", file, "--format", "litellm", "--apply");
  assert.equal(code, 2);
  assert.match(stderr, /set ledger\.prices_directory, or name one with --into/);
});

test("check tells of files that cannot be read, models without a price, other catalogues and old entries", async (t) => {
  const { folder, file } = await folderWith(t, LITELLM);
  const fine = await run("check", file, "--stale-days", "100000");
  assert.equal(fine.code, 0);
  assert.match(fine.stdout, /disagrees +openai\/gpt-4o: input 2\.5 -> 3/);
  assert.match(fine.stdout, /unpriced +openai\/gpt-4o-search-preview/);
  assert.doesNotMatch(fine.stdout, /stale/);
  assert.equal((await run("check", "--strict")).code, 1);
  assert.match(
    (await run("check", "--stale-days", "1")).stdout,
    /stale +.*openai\.yaml: \d+ prices were read on 2026-08-21/,
  );
  await writeFile(join(folder, "broken.yaml"), "provider: [");
  const broken = await run("check", "--prices", folder);
  assert.equal(broken.code, 1);
  assert.match(broken.stdout, /unreadable prices: .*broken\.yaml/);
});

test("list and show print what is in force", async () => {
  const list = await run("list", "--provider", "voyage", "--kind", "rerank");
  assert.match(list.stdout, /voyage\/rerank-2-lite +rerank +0\.02 +- +- +2024-09-30/);
  const show = await run("show", "google/gemini-2.5-pro");
  assert.match(show.stdout, /gemini\/gemini-2\.5-pro@2025-06-17, valid from 2025-06-17, in force/);
  assert.match(show.stdout, /above 200000 input tokens:\n +input +2\.5/);
  const json = JSON.parse((await run("show", "openai/gpt-4.1", "--json")).stdout) as { versions: { rates: object }[] };
  assert.equal(json.versions.length, 1);
  assert.equal((await run("show", "openai/nope")).code, 1);
});

test("an imported file says where it is from", async (t) => {
  const { folder, file } = await folderWith(t, MODELS_DEV);
  await run("import", file, "--format", "models-dev", "--into", folder, "--apply");
  const written = (await readdir(folder)).find((name) => name.startsWith("imported-"));
  const text = JSON.parse(await readFile(join(folder, written ?? ""), "utf8")) as { source: string };
  assert.equal(text.source, "models-dev: other.catalogue");
});

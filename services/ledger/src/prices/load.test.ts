import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadCatalogue, SHIPPED_PRICES } from "./load.ts";

test("the shipped catalogue loads and prices the models it names", async () => {
  const catalogue = await loadCatalogue([SHIPPED_PRICES]);
  const at = Date.parse("2026-08-01T00:00:00Z");
  assert.equal(catalogue.at("openai/gpt-4.1", at)?.id, "openai/gpt-4.1@2025-04-14");
  assert.equal(catalogue.at("sim/large", at)?.rates.output, 8_000_000_000n);
  assert.equal(catalogue.at("sim/exact", at)?.rates.input, 1_000_000_000n);
  assert.ok(catalogue.modelCount >= 24);
  assert.equal(catalogue.at("openai/unheard-of", at), undefined);
});

test("a change of price is found by its date, and old versions stay", async () => {
  const catalogue = await loadCatalogue([SHIPPED_PRICES]);
  const before = catalogue.at("openai/gpt-5.6-luna", Date.parse("2026-07-29T23:59:59Z"));
  const after = catalogue.at("openai/gpt-5.6-luna", Date.parse("2026-07-30T00:00:00Z"));
  assert.equal(before?.rates.input, 1_000_000_000n);
  assert.equal(after?.rates.input, 200_000_000n);
  assert.equal(catalogue.version("openai/gpt-5.6-luna@2026-07-02"), before);
  assert.equal(catalogue.at("openai/gpt-5.6-luna", Date.parse("2020-01-01T00:00:00Z")), undefined);
});

test("cache writes, long prompts and searches of one provider have their own rates", async () => {
  const catalogue = await loadCatalogue([SHIPPED_PRICES]);
  const at = Date.parse("2026-11-01T00:00:00Z");
  const haiku = catalogue.at("anthropic/claude-haiku-5-5", at);
  assert.deepEqual([haiku?.rates.cacheWrite5m, haiku?.rates.cacheWrite1h], [125_000_000n, 200_000_000n]);
  assert.equal(haiku?.longContext?.[0]?.aboveInputTokens, 100_000n);
  assert.equal(haiku?.longContext?.[0]?.rates.output, 2_500_000_000n);
  // A search costs 0.01 USD, and rates are per million.
  assert.equal(haiku?.rates.serverTools?.["web_search"], 10_000_000_000_000n);
  const sonnet = catalogue.at("anthropic/claude-sonnet-5-5", Date.parse("2026-10-01T00:00:00Z"));
  assert.equal(sonnet?.rates.cachedInput, 200_000_000n);
  assert.equal(catalogue.at("anthropic/claude-sonnet-5-5", at)?.rates.cachedInput, 100_000_000n);
});

test("all problems of all files are told at once", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "sluice-prices-"));
  t.after(() => rm(directory, { recursive: true }));
  const head = "provider: x\nsource: s\nretrieved: r\nprices:\n  - price_id: x/y\n    versions:\n";
  const version = '      - { version: "1", valid_from: "2026-01-01T00:00:00Z", input: 1, output: 2 }\n';
  await writeFile(join(directory, "a.yaml"), `${head}${version}${version}`);
  await writeFile(join(directory, "b.yaml"), `${head}${version.replace("input: 1", "input: 1.5")}`);
  await writeFile(join(directory, "c.yaml"), `${head}${version.replace("output: 2", "outputs: 2")}`);
  await writeFile(join(directory, "d.yaml"), "provider: [");
  await assert.rejects(loadCatalogue([directory]), (error: Error) => {
    for (const part of ["x/y@1 is in the catalogue twice", "b.yaml", "c.yaml", "outputs", "d.yaml"]) {
      assert.ok(error.message.includes(part), part);
    }
    return true;
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "./testing/run-command.ts";

interface Line {
  readonly id: unknown;
  readonly cost_nanousd?: number;
  readonly price_version?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly param: string | null };
}

const usage = { prompt_tokens: 1000, completion_tokens: 500 };
const good = { id: "a", model: "openai/gpt-4.1", usage, at: "2026-08-01T00:00:00Z" };

async function cost(lines: readonly unknown[], ...flags: string[]): Promise<{ lines: Line[]; stderr: string }> {
  const stdin = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
  const result = await runCommand(["cost", ...flags], { dataDirectory: "unused", stdin });
  assert.equal(result.code, 0);
  return {
    lines: result.stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    stderr: result.stderr,
  };
}

test("each line of usage becomes one line with its cost and the version of the price, in order", async () => {
  const old = { ...good, id: 2, at: "2026-07-29", model: "openai/gpt-5.6-luna" };
  const { lines, stderr } = await cost([good, old, "{"], "--summary");
  assert.deepEqual(lines.slice(0, 2), [
    { id: "a", cost_nanousd: 6_000_000, price_version: "openai/gpt-4.1@2025-04-14" },
    { id: 2, cost_nanousd: 4_000_000, price_version: "openai/gpt-5.6-luna@2026-07-02" },
  ]);
  assert.equal(lines[2]?.id, null);
  assert.equal(stderr, "sluice: 2 lines priced, 1 refused\n");
});

const withUsage = (changed: unknown) => ({ ...good, usage: changed });
const REFUSED: readonly (readonly [name: string, line: unknown, param: string])[] = [
  ["a model nobody prices", { ...good, model: "openai/gpt-9" }, "model"],
  ["a dated model that never was", { ...good, model: "openai/gpt-5-2026-01-01" }, "model"],
  ["a model without a provider", { ...good, model: "gpt-4.1" }, "model"],
  ["no model", { ...good, model: undefined }, "model"],
  ["no usage", withUsage(undefined), "usage"],
  ["null", withUsage(null), "usage"],
  ["empty usage", withUsage({}), "usage"],
  ["a list", withUsage([1]), "usage"],
  ["a number", withUsage(7), "usage"],
  ["usage that says nothing", withUsage({ service_tier: "default" }), "usage"],
  ["usage of nulls", withUsage({ prompt_tokens: null, completion_tokens: null }), "usage"],
  ["half a bill", withUsage({ prompt_tokens: 5 }), "usage"],
  ["the other half", withUsage({ completion_tokens: 5 }), "usage"],
  ["negative tokens", withUsage({ ...usage, prompt_tokens: -1 }), "usage.prompt_tokens"],
  ["a fraction", withUsage({ ...usage, completion_tokens: 1.5 }), "usage.completion_tokens"],
  ["a text", withUsage({ ...usage, completion_tokens: "1" }), "usage.completion_tokens"],
  ["more than can be", withUsage({ ...usage, prompt_tokens: 1e18 }), "usage.prompt_tokens"],
  ["infinity", JSON.stringify(withUsage(usage)).replace("1000", "1e999"), "usage.prompt_tokens"],
  [
    "negative cached tokens",
    withUsage({ ...usage, prompt_tokens_details: { cached_tokens: -3 } }),
    "usage.prompt_tokens_details.cached_tokens",
  ],
  ["more cached than asked", withUsage({ ...usage, prompt_tokens_details: { cached_tokens: 1001 } }), "usage"],
  ["more reasoning than said", withUsage({ ...usage, completion_tokens_details: { reasoning_tokens: 501 } }), "usage"],
  ["a bill that only its total tells of", withUsage({ prompt_tokens: 1000, total_tokens: 1500 }), "usage"],
  ["a total above its parts", withUsage({ ...usage, total_tokens: 1501 }), "usage.total_tokens"],
  ["details that are none", withUsage({ ...usage, prompt_tokens_details: "7" }), "usage.prompt_tokens_details"],
  [
    "a count that is an object",
    withUsage({ ...usage, prompt_tokens_details: { cached_tokens: {} } }),
    "usage.prompt_tokens_details.cached_tokens",
  ],
  ["a tier that is no word", withUsage({ ...usage, service_tier: 5 }), "usage.service_tier"],
  ["no figure that a chat is billed by", withUsage({ images: 0 }), "usage"],
  ["tools without a rate", withUsage({ ...usage, server_tool_use: { web_search_requests: 2 } }), "usage"],
  ["pictures without a rate", withUsage({ ...usage, images: 2 }), "usage"],
  ["a total below its parts", withUsage({ ...usage, total_tokens: 1499 }), "usage.total_tokens"],
  ["no moment", { ...good, at: undefined }, "at"],
  ["a moment that is none", { ...good, at: "yesterday" }, "at"],
  ["a day that is none", { ...good, at: "2026-02-30T00:00:00Z" }, "at"],
  ["a moment without its zone", { ...good, at: "2026-08-01T00:00:00" }, "at"],
  ["a number for a moment", { ...good, at: 1_700_000_000_000 }, "at"],
  ["a moment before there was a price", { ...good, at: "2020-01-01T00:00:00Z" }, "at"],
];

test("what cannot be priced is an error that names the field, never a number", async () => {
  const { lines } = await cost(REFUSED.map(([, line]) => line));
  assert.equal(lines.length, REFUSED.length);
  for (const [index, [name, , param]] of REFUSED.entries()) {
    const line = lines[index];
    assert.equal(line?.cost_nanousd, undefined, name);
    assert.equal(line?.error?.param, param, name);
    assert.equal(line?.id, "a", name);
  }
});

const OF_OTHERS: readonly (readonly [model: string, usage: object, param: string])[] = [
  ["deepseek/deepseek-chat", { ...usage, prompt_cache_hit_tokens: 9, prompt_cache_miss_tokens: 9 }, "miss_tokens"],
  ["moonshot/kimi-k2-thinking", { ...usage, cached_tokens: 5, prompt_tokens_details: { cached_tokens: 6 } }, "cached"],
  ["gemini/gemini-2.5-flash", { promptTokenCount: 100, totalTokenCount: 300 }, "usage.totalTokenCount"],
  ["anthropic/claude-opus-4-6", { input_tokens: 1, output_tokens: 1, inference_geo: "us" }, "usage.inference_geo"],
  ["anthropic/claude-opus-4-6", { input_tokens: 1, output_tokens: 1, speed: "fast" }, "usage"],
  [
    "gemini/gemini-2.5-flash",
    {
      promptTokenCount: 8,
      candidatesTokenCount: 1,
      totalTokenCount: 9,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: -8 }],
    },
    "promptTokensDetails.0.tokenCount",
  ],
  [
    "anthropic/claude-opus-4-6",
    { output_tokens: 5, iterations: [{ type: "compaction", input_tokens: 9, output_tokens: 9 }] },
    "usage",
  ],
  ["openai/text-embedding-3-small", { prompt_tokens: 8, total_tokens: 3 }, "usage.total_tokens"],
  ["openai/text-embedding-3-small", { prompt_tokens: 8, completion_tokens: 9, total_tokens: 17 }, "usage"],
];

test("usage that contradicts itself, or has what is priced apart, is refused in every provider's own shape", async () => {
  const { lines } = await cost(OF_OTHERS.map(([model, own]) => ({ ...good, model, usage: own })));
  for (const [index, [model, own, param]] of OF_OTHERS.entries()) {
    assert.equal(lines[index]?.cost_nanousd, undefined, `${model} ${JSON.stringify(own)}`);
    assert.ok(lines[index]?.error?.param?.includes(param), `${model} ${lines[index]?.error?.message}`);
  }
});

test("a count of what was not used takes nothing off the tokens", async () => {
  const beside = { images: 0, characters: 0, search_units: 0 };
  const billed = { input_tokens: 100, output_tokens: 50 };
  const other = { ...good, model: "cohere/command-r-plus-08-2024" };
  const { lines } = await cost([
    withUsage({ ...usage, ...beside }),
    { ...other, usage: { billed_units: billed } },
    { ...other, usage: { billed_units: { ...billed, search_units: 0, classifications: 0 } } },
  ]);
  assert.deepEqual(
    lines.map(({ cost_nanousd: nanousd }) => nanousd),
    [6_000_000, 750_000, 750_000],
  );
});

test("zero is a figure, and costs nothing", async () => {
  const { lines } = await cost([withUsage({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })]);
  assert.equal(lines[0]?.cost_nanousd, 0);
});

test("further price files count, and so does what one organisation pays", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-cost-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = {
    provider: "openai",
    source: "contract",
    retrieved: "2026-01-01",
    prices: [
      { price_id: "own/model", versions: [{ version: "1", valid_from: "2026-01-01T00:00:00Z", input: 1, output: 2 }] },
    ],
    overrides: [
      { id: "acme-1", org: "acme", price_id: "openai/*", valid_from: "2026-01-01T00:00:00Z", discount_percent: 10 },
    ],
  };
  await writeFile(join(folder, "own.json"), JSON.stringify(file));
  const own = { ...good, model: "own/model" };
  const list = await cost([good, own], "--prices", folder);
  assert.deepEqual(
    list.lines.map(({ cost_nanousd: nanousd }) => nanousd),
    [6_000_000, 1],
  );
  const { lines } = await cost([good, own], "--prices", folder, "--org", "acme");
  assert.deepEqual(lines[0], {
    id: "a",
    cost_nanousd: 5_400_000,
    price_version: "openai/gpt-4.1@2025-04-14+acme-1",
  });
});

test("price files that cannot be read are told before any line", async () => {
  const result = await runCommand(["cost", "--prices", "/nowhere"], { dataDirectory: "unused", stdin: "" });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /\/nowhere/);
});

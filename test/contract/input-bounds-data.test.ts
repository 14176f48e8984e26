import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { createLogger } from "@sluice/platform/log";
import { ChatRequest } from "@sluice/proto/chat/v1/chat";
import { UsageSource } from "@sluice/proto/common/v1/usage";
import { CatalogModel, GenerateTail } from "@sluice/proto/provider/v1/provider_service";
import { inputBoundOf } from "../../services/provider-adapter/src/providers/tokenizers.ts";
import { LearntFigures } from "../../services/router/src/bound/learnt/learnt-figures.ts";
import { type PromptBound, PromptBounds } from "../../services/router/src/bound/prompt-bounds.ts";
import { emptyTally, tokensIn } from "../../services/router/src/bound/tokens/tally.ts";
import { Vocabularies } from "../../services/router/src/bound/tokens/vocabularies.ts";

const DATA = resolve(import.meta.dirname, "../../../shared/data");
/** Where prompts are, in lines of JSON. */
const FIELDS = ["prompt", "instruction", "question"];
const vocabularies = new Vocabularies(createLogger({ level: "silent", service: "router" }));

function prompts(): string[] {
  if (!existsSync(DATA)) return [];
  const all = new Set<string>();
  for (const file of globSync("*/*.{jsonl,jsonl.gz}", { cwd: DATA }).sort()) {
    const raw = readFileSync(join(DATA, file));
    for (const line of (file.endsWith(".gz") ? gunzipSync(raw) : raw).toString().split("\n")) {
      if (line === "") continue;
      const row = JSON.parse(line) as Record<string, unknown>;
      for (const field of FIELDS) if (typeof row[field] === "string") all.add(row[field]);
    }
  }
  return [...all];
}

interface Case {
  readonly model: string;
  readonly truth: string;
  /** Tokens the model is recorded to add to a single message. */
  readonly template: number;
}

/** One way through all prompts: a truth that another vocabulary counts, against bounds that learn as they go. */
async function measured(texts: readonly string[], { model, truth, template }: Case) {
  const counter = await vocabularies.ready(truth);
  assert.ok(counter);
  const figures = new LearntFigures();
  const bounds = new PromptBounds({ mode: "calibrated", vocabularies, figures });
  const candidate = CatalogModel.fromPartial({ provider: "a", model, inputBound: inputBoundOf(model) });
  await bounds.ready(candidate);
  const excess: number[] = [];
  let misses = 0;
  for (const text of texts) {
    const tally = emptyTally();
    counter.add(text, tally);
    const really = tokensIn(tally) + template;
    const chat = ChatRequest.fromPartial({ messages: [{ parts: [{ kind: { $case: "text", value: text } }] }] });
    const prompt: PromptBound = await bounds.bound(chat, candidate);
    if (prompt.tokens < really) misses++;
    if (really > 200) excess.push(prompt.tokens / really);
    const usage = { inputTokens: BigInt(really), outputTokens: 1n };
    bounds.learn(
      { prompt, candidate },
      GenerateTail.fromPartial({ usage, usageSource: UsageSource.USAGE_SOURCE_PROVIDER }),
    );
  }
  const median = [...excess].sort((a, b) => a - b)[excess.length >> 1] ?? 0;
  return { misses, median, long: excess.length };
}

for (const { name, ...one } of [
  { name: "exact: the model's own vocabulary", model: "gpt-4.1", truth: "o200k_base", template: 7 },
  { name: "exact: the older vocabulary", model: "gpt-4", truth: "cl100k_base", template: 7 },
  {
    name: "weights for a family, truth by a vocabulary like its own",
    model: "llama-3.3-70b",
    truth: "cl100k_base",
    template: 35,
  },
  {
    name: "weights for anyone, truth by one of the vocabularies they were fitted to",
    model: "glm-5",
    truth: "cl100k_base",
    template: 8,
  },
]) {
  test(`prompts of many kinds stay below their bound, closely; ${name}`, async (context) => {
    const texts = prompts();
    if (texts.length === 0) return context.diagnostic(`no prompts at ${DATA}: nothing compared`);
    const { misses, median, long } = await measured(texts, one);
    const share = ((misses / texts.length) * 10_000).toFixed(2);
    context.diagnostic(`${texts.length} prompts, ${misses} missed (${share} of 10,000)`);
    context.diagnostic(`${long} of more than 200 tokens, bound at the median ${median.toFixed(3)} times the truth`);
    assert.ok(misses <= texts.length / 10_000, `${misses} missed`);
    assert.ok(median <= 1.25, `median ${median}`);
  });
}

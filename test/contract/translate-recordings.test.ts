import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { translateLine } from "../../services/launcher/src/commands/translate/translate-line.ts";
import { type Line, missesOf, SCORED_APIS } from "./translate/score.ts";
import type { Exchange } from "./translate/types.ts";

/** Recorded exchanges lie beside the checkout, not in it. */
const FOLDER = resolve(import.meta.dirname, "../../../shared/fixtures");
/** Providers whose recordings must be right, as recordings name them; others with the same wires are translated and shown beside them. */
const SUPPORTED = new Set([
  ...[
    "openai",
    "azure",
    "bedrock",
    "cohere",
    "anthropic",
    "gemini",
    "vertex",
    "mistral",
    "deepseek",
    "alibaba",
    "xai",
    "groq",
    "openrouter",
    "together",
  ],
  ...[
    "fireworks",
    "cerebras",
    "perplexity",
    "moonshot",
    "zhipu",
    "ollama",
    "vllm",
    "huggingface",
    "lmstudio",
    "gpustack",
  ],
]);
const OVERALL = 0.98;
const EACH = 0.95;

function recordings(): Exchange[] {
  if (!existsSync(FOLDER)) return [];
  const all = readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(FOLDER, name)).map((file) => join(name, file)))
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name, ...(JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Omit<Exchange, "name">) }));
  return all.filter(({ api }) => SCORED_APIS.includes(api));
}

/** Without what a recorder cannot know: a line holds what the fixture holds, under an id. */
function translate(exchange: Exchange): Line {
  const { text } = translateLine({ text: JSON.stringify({ id: exchange.name, ...exchange }) });
  return JSON.parse(text) as Line;
}

interface Score {
  total: number;
  right: number;
}

const share = ({ total, right }: Score): number => right / total;

function row(name: string, score: Score): string {
  const percent = (100 * share(score)).toFixed(1).padStart(5);
  return `${name.padEnd(12)} ${String(score.right).padStart(4)} of ${String(score.total).padStart(4)}  ${percent} %`;
}

test("recorded answers are translated right: text, tool calls, finish, usage and the class of errors", (context) => {
  const all = recordings();
  if (all.length === 0) return context.diagnostic(`No recordings at ${FOLDER}: nothing was translated.`);
  const scores = new Map<string, Score>();
  const missed: string[] = [];
  for (const exchange of all) {
    const score = scores.get(exchange.provider) ?? { total: 0, right: 0 };
    scores.set(exchange.provider, score);
    score.total++;
    const misses = missesOf(exchange, translate(exchange));
    if (misses.length === 0) score.right++;
    else missed.push(`${exchange.name}: ${misses.join("; ")}`);
  }
  const [supported, others] = [true, false].map((wanted) =>
    [...scores].filter(([name]) => SUPPORTED.has(name) === wanted),
  );
  const whole = (supported ?? []).reduce(
    (sum, [, { total, right }]) => ({ total: sum.total + total, right: sum.right + right }),
    { total: 0, right: 0 },
  );
  for (const [name, score] of supported ?? []) context.diagnostic(row(name, score));
  context.diagnostic(row("ALL", whole));
  for (const [name, score] of others ?? []) context.diagnostic(row(`(${name})`, score));
  for (const miss of missed) context.diagnostic(miss);
  const bad = (supported ?? []).filter(([, score]) => share(score) < EACH).map(([name]) => name);
  assert.deepEqual(bad, [], `below ${EACH}`);
  assert.ok(share(whole) >= OVERALL, `${whole.right} of ${whole.total}`);
});

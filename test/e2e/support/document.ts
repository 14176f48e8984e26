import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const FORMATTER = join(ROOT, "node_modules/.bin/biome");

/**
 * Compares what a test found with the part of a page that tells it, between the comments `<!-- name -->` and `<!-- /name -->`; with
 * `--document` on the command line the page is written instead.
 */
export function documented(page: string, name: string, text: string): void {
  const file = join(ROOT, page);
  const before = readFileSync(file, "utf8");
  const opening = `<!-- ${name} -->`;
  const from = before.indexOf(opening);
  const to = before.indexOf(`<!-- /${name} -->`);
  assert.ok(from >= 0 && to > from, `${page} has no part named ${name}.`);
  const after = formatted(`${before.slice(0, from + opening.length)}\n\n${text.trim()}\n\n${before.slice(to)}`);
  if (process.argv.includes("--document")) writeFileSync(file, after);
  else assert.equal(after, before, `${page} tells otherwise: run the test with --document.`);
}

function formatted(text: string): string {
  const args = ["format", "--stdin-file-path=page.md"];
  const { status, stdout, stderr } = spawnSync(FORMATTER, args, { cwd: ROOT, encoding: "utf8", input: text });
  assert.equal(status, 0, stderr);
  return stdout;
}

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../../../docs/performance.md", import.meta.url));
const FORMATTER = fileURLToPath(new URL("../../../node_modules/.bin/biome", import.meta.url));

/** Puts a run's tables into docs/performance.md, between the comments `<!-- name -->` and `<!-- /name -->`. @throws if they are missing */
export function putIntoDocument(name: string, text: string): void {
  const document = readFileSync(FILE, "utf8");
  const opening = `<!-- ${name} -->`;
  const from = document.indexOf(opening);
  const to = document.indexOf(`<!-- /${name} -->`);
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no part named ${name}.`);
  writeFileSync(FILE, `${document.slice(0, from + opening.length)}\n\n${text.trim()}\n\n${document.slice(to)}`);
  const { status, stderr } = spawnSync(FORMATTER, ["format", "--write", FILE], { encoding: "utf8" });
  if (status !== 0) throw new Error(`docs/performance.md was written but not formatted: ${stderr}`);
}

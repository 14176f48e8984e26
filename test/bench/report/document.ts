import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("../../../docs/performance.md", import.meta.url);

/** Puts a run's tables into docs/performance.md, between the comments `<!-- name -->` and `<!-- /name -->`. @throws if they are missing */
export function putIntoDocument(name: string, text: string): void {
  const document = readFileSync(FILE, "utf8");
  const opening = `<!-- ${name} -->`;
  const from = document.indexOf(opening);
  const to = document.indexOf(`<!-- /${name} -->`);
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no part named ${name}.`);
  writeFileSync(FILE, `${document.slice(0, from + opening.length)}\n\n${text.trim()}\n\n${document.slice(to)}`);
}

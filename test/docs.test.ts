import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { EVENTS } from "@sluice/platform/bus";
import { loadConfig } from "@sluice/platform/config";
import { z } from "zod";
import { allSections } from "../services/launcher/src/process/settings.ts";
import { shapeOf } from "../services/platform/src/config/schema-shape.ts";
import { faultOf, invocationsIn } from "./docs/command-help.ts";

const ROOT = resolve(import.meta.dirname, "..");
const EXAMPLE = join(ROOT, "sluice.example.yaml");

interface Page {
  readonly path: string;
  readonly text: string;
}

const PAGES: readonly Page[] = [
  "README.md",
  "CHANGELOG.md",
  ...globSync(["docs/**/*.md", "deploy/**/*.md", "services/*/README.md"], { cwd: ROOT }).sort(),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));

/** Every problem that `check` finds on a page, with the page's name before it. */
function problems(check: (page: Page) => readonly string[]): string[] {
  return PAGES.flatMap((page) => check(page).map((problem) => `${page.path}: ${problem}`));
}

test("the README names the commands that start and test a fresh checkout", () => {
  const readme = PAGES[0]?.text ?? "";
  for (const command of ["npm ci && npm start", "npm ci && npm test"]) assert.ok(readme.includes(command), command);
});

test("every page of docs/ can be reached from the README", () => {
  const readme = PAGES[0]?.text ?? "";
  const pages = PAGES.map(({ path }) => path).filter((path) => /^docs\/[^/]+\.md$/.test(path));
  assert.deepEqual(
    pages.filter((path) => !readme.includes(`](${path})`)),
    [],
  );
});

test("links lead to files that are there", () => {
  const broken = problems(({ path, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !/^(?:https?:|mailto:|#)/.test(target))
      .filter((target) => !existsSync(join(ROOT, dirname(path), target.replace(/#.*$/, "")))),
  );
  assert.deepEqual(broken, []);
});

test("every sluice command that is named exists, with the options it is given", async () => {
  const faults: string[] = [];
  for (const { path, text } of PAGES) {
    for (const invocation of invocationsIn(text)) {
      const fault = await faultOf(invocation);
      if (fault !== undefined) faults.push(`${path}: ${fault}`);
    }
  }
  assert.deepEqual(faults, []);
});

test("every npm script that is named exists", () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
  const unknown = problems(({ text }) =>
    [...text.matchAll(/npm run ([a-z][a-z:]*)/g)]
      .map(([, script = ""]) => script)
      .filter((script) => scripts[script] === undefined),
  );
  assert.deepEqual(unknown, []);
});

test("every configuration key that is named exists", () => {
  const sections = allSections();
  const unknown = problems(({ text }) =>
    [...text.matchAll(/`([a-z_]+(?:\.[a-z_]+)+)(?:: [^`]*)?`/g)]
      .map(([, key = ""]) => key)
      // Files and events are written alike.
      .filter((key) => (key.split(".")[0] ?? "") in sections && !(key in EVENTS) && !/\.(?:ya?ml|token|db)$/.test(key))
      .filter((key) => !isKey(key.split("."), sections)),
  );
  assert.deepEqual(unknown, []);
});

function isKey(path: readonly string[], entries: Readonly<Record<string, z.ZodType>>): boolean {
  const [first = "", ...rest] = path;
  const schema = entries[first];
  if (schema === undefined) return false;
  if (rest.length === 0) return true;
  const shape = shapeOf(schema);
  if (shape.kind !== "record" || shape.element === undefined) return isKey(rest, shape.entries);
  return rest.length === 1 || isKey(rest.slice(1), shapeOf(shape.element).entries);
}

test("the example configuration is accepted as it is", () => {
  const loaded = loadConfig({ file: EXAMPLE, sections: allSections(), environment: {} });
  assert.equal(loaded.file, EXAMPLE);
});

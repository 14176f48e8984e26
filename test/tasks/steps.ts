import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Outcome, ROOT, runCommand } from "./command.ts";
import { differences, GENERATORS } from "./generators.ts";

/** One part of `npm run check`. */
export interface Step {
  readonly name: string;
  run(): Promise<Outcome & { readonly note?: string }>;
}

/** All parts, cheap ones not first but in the order one reads their complaints. */
export const STEPS: readonly Step[] = [
  { name: "types", run: () => runCommand("tsc", ["-p", "tsconfig.json", "--noEmit", "--pretty", "false"]) },
  {
    name: "lint and format",
    run: () => runCommand("biome", ["ci", "--colors=off", "--error-on-warnings", "--max-diagnostics=200", "."]),
  },
  {
    name: "tidy rules",
    run: () => runCommand(process.execPath, ["--test", "--test-reporter=dot", "test/tidy.test.ts"]),
  },
  { name: "generated files", run: generatedFiles },
  { name: "contract style", run: () => runCommand("buf", ["lint", "proto"]) },
  { name: "contracts stay compatible", run: compatibility },
];

/** Generates everything anew beside the checkout and compares. */
async function generatedFiles(): Promise<Outcome> {
  const fresh = mkdtempSync(join(tmpdir(), "sluice-generated-"));
  try {
    const problems: string[] = [];
    for (const { owns, generate } of GENERATORS) {
      await generate(fresh);
      problems.push(...differences(owns, fresh, ROOT));
    }
    const output = problems.length === 0 ? "" : ["Run `npm run gen` and commit:", ...problems].join("\n  ");
    return { ok: problems.length === 0, output };
  } catch (error) {
    return { ok: false, output: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Against the newest tag that is here: a shallow clone may have none. */
async function compatibility(): Promise<Outcome & { note?: string }> {
  const tags = await runCommand("git", ["tag", "--list", "v*", "--sort=-version:refname"]);
  if (!tags.ok) return tags;
  const [tag] = tags.output.split("\n");
  if (tag === undefined || tag === "") return { ok: true, output: "", note: "no tag here to compare with" };
  const against = `.git#tag=${tag},subdir=proto`;
  return { ...(await runCommand("buf", ["breaking", "proto", "--against", against])), note: `against ${tag}` };
}

import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, runCommand } from "./command.ts";

/** Makes files of the checkout from their sources. */
export interface Generator {
  readonly name: string;
  /** Files or folders it alone writes, relative to the checkout. */
  readonly owns: readonly string[];
  /** Writes all it owns below `into`, laid out as in the checkout. */
  generate(into: string): Promise<void>;
}

/** Renders sluice.example.yaml; exported by the launcher, which alone knows all configuration sections. */
const EXAMPLE_SOURCE = "services/launcher/src/example.ts";
const EXAMPLE = "sluice.example.yaml";

/** Everything that is generated and committed: `npm run gen` writes it, `npm run check` compares it. */
export const GENERATORS: readonly Generator[] = [
  {
    name: "messages and service definitions (proto/gen)",
    owns: ["proto/gen"],
    async generate(into) {
      const { ok, output } = await runCommand("buf", ["generate", "-o", join(into, "proto")], join(ROOT, "proto"));
      if (!ok) throw new Error(output);
    },
  },
  ...(existsSync(join(ROOT, EXAMPLE_SOURCE)) ? [exampleGenerator()] : []),
];

function exampleGenerator(): Generator {
  return {
    name: `example configuration (${EXAMPLE})`,
    owns: [EXAMPLE],
    async generate(into) {
      const launcher: { exampleConfiguration?: unknown } = await import(pathToFileURL(join(ROOT, EXAMPLE_SOURCE)).href);
      if (typeof launcher.exampleConfiguration !== "function") {
        throw new Error(`${EXAMPLE_SOURCE} does not export exampleConfiguration(): string.`);
      }
      mkdirSync(into, { recursive: true });
      writeFileSync(join(into, EXAMPLE), String(launcher.exampleConfiguration()));
    },
  };
}

/** Compares what a generator owns in two trees; returns one line per file that differs. */
export function differences(owns: readonly string[], fresh: string, committed: string): string[] {
  const paths = new Set([...filesOf(owns, fresh), ...filesOf(owns, committed)]);
  return [...paths].sort().flatMap((path) => {
    const [made, kept] = [read(join(fresh, path)), read(join(committed, path))];
    if (made === undefined) return [`${path}: has no source any more`];
    if (kept === undefined) return [`${path}: is missing`];
    return made.equals(kept) ? [] : [`${path}: differs from its source`];
  });
}

/** All files below the owned paths, relative to the tree. */
export function filesOf(owns: readonly string[], tree: string): string[] {
  return owns.flatMap((path) => {
    const found = statSync(join(tree, path), { throwIfNoEntry: false });
    if (found?.isDirectory() !== true) return found === undefined ? [] : [path];
    const inside = globSync("**/*", { cwd: join(tree, path) });
    return inside.map((name) => join(path, name)).filter((file) => statSync(join(tree, file)).isFile());
  });
}

function read(file: string): Buffer | undefined {
  return existsSync(file) ? readFileSync(file) : undefined;
}

import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { API } from "typescript/unstable/sync";
import { type Facts, factsOf } from "./facts.ts";

/** A file of the checkout, as the rules see it. */
export interface Source {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Undefined for files that are not text. */
  readonly text: string | undefined;
  /** For TypeScript that is written by hand. */
  readonly facts: Facts | undefined;
}

const GENERATED = "proto/gen/";
const GIT_OUTPUT_MAX = 64 * 1024 * 1024;

/** Reads all files that are tracked, or would be if added. */
export function readCheckout(root: string): Source[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const listing = execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: GIT_OUTPUT_MAX });
  const paths = [...new Set(listing.split("\0"))].filter((path) => path !== "" && isFile(join(root, path)));
  return readSources(root, paths.sort());
}

/** Reads the given files; TypeScript is parsed as part of the project of `root/tsconfig.json`. */
export function readSources(root: string, paths: readonly string[]): Source[] {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [join(root, "tsconfig.json")] }).getProjects();
    return paths.map((path) => {
      const bytes = readFileSync(join(root, path));
      const parsed = isHandWritten(path) ? project?.program.getSourceFile(join(root, path)) : undefined;
      return {
        path,
        bytes: bytes.length,
        text: bytes.includes(0) ? undefined : bytes.toString("utf8"),
        facts: parsed === undefined ? undefined : factsOf(parsed),
      };
    });
  } finally {
    api.close();
  }
}

/** True for TypeScript that people write. */
export function isHandWritten(path: string): boolean {
  return path.endsWith(".ts") && !path.startsWith(GENERATED);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

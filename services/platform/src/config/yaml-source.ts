import { readFileSync, statSync } from "node:fs";
import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { containsSecret, redactText } from "../log/index.ts";

export type Path = readonly (string | number)[];

/** A parsed file that still knows on which line each key stands. */
export interface Source {
  readonly value: unknown;
  /** Problems of the text itself, as `file:line: problem`. */
  readonly problems: readonly string[];
  /** Comments that hold a secret, as problems: a key that is commented out still lies in the file. */
  readonly secretComments: readonly string[];
  /** `file:line` of a key, or of the nearest key above it that exists. */
  locate(path: Path): string;
}

const MAX_FILE_BYTES = 1_048_576;

/** A source without a file: nothing set, nowhere to point at. */
export const NO_SOURCE: Source = { value: {}, problems: [], secretComments: [], locate: () => "configuration" };

function failed(problem: string): Source {
  return { ...NO_SOURCE, problems: [problem] };
}

/** Reads one YAML file; whatever is wrong with it is among the problems. */
export function readYaml(file: string): Source {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) return failed(`${file}: has ${size} bytes; the limit is ${MAX_FILE_BYTES}`);
    text = readFileSync(file, "utf8");
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return failed(`${file}: cannot be read (${reason}); check the path given by --config or SLUICE_CONFIG`);
  }
  return parseYaml(file, text);
}

/** Parses YAML text; `file` is only a name for messages. */
export function parseYaml(file: string, text: string): Source {
  const lines = new LineCounter();
  // Pretty errors would quote the line, which may hold a secret.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    const problems = document.errors.map(
      ({ pos, message }) => `${at(pos[0])}: ${redactText(message.split("\n")[0] ?? "")}; correct the YAML`,
    );
    return { ...NO_SOURCE, problems };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    return failed(`${file}: its aliases expand without end; write the values out`);
  }
  if (typeof value !== "object" || Array.isArray(value))
    return failed(`${file}:1: must be a map of sections; see sluice.example.yaml`);
  return {
    value,
    problems: [],
    secretComments: secretComments(file, text),
    locate: (path) => locate(document.contents, path, file, at),
  };
}

function secretComments(file: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const hash = line.indexOf("#");
    if (hash < 0 || !containsSecret(line.slice(hash))) return [];
    return [
      `${file}:${index + 1}: a comment holds a secret; remove it, and replace the secret where others could read the file`,
    ];
  });
}

function locate(root: Node | null, path: Path, file: string, at: (offset: number) => string): string {
  let node: unknown = root;
  let place = file;
  for (const step of path) {
    let found: unknown;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (pair === undefined) break;
      if (isScalar(pair.key) && pair.key.range) place = at(pair.key.range[0]);
      found = pair.value;
    } else if (isSeq(node)) {
      found = node.items[Number(step)];
      const range = (found as Node | undefined)?.range;
      if (range) place = at(range[0]);
    } else break;
    node = found;
  }
  return place;
}

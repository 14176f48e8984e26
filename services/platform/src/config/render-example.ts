import { stringify } from "yaml";
import type { z } from "zod";
import { type Shape, shapeOf } from "./schema-shape.ts";

const HEADER = `# Configuration of Sluice. Copy it to sluice.yaml and change what you need: remove the "#" before a key to set it.
# Each key is shown with its default. A variable SLUICE_<SECTION>__<KEY> overrides a single value
# (SLUICE_LOG__LEVEL=debug). Secrets never stand here: see \`sluice secrets set <provider>\` and the *_file keys.
`;

const WIDTH = 116;

/** An example file with every key, its description and its default; valid as it is and with every key set. */
export function renderExample(sections: Readonly<Record<string, z.ZodType>>): string {
  return `${HEADER}${Object.entries(sections)
    .map(([name, schema]) => `\n${renderKey(name, schema, 0)}`)
    .join("")}`;
}

function renderKey(name: string, schema: z.ZodType, depth: number): string {
  const shape = shapeOf(schema);
  const indent = "  ".repeat(depth);
  const told = comment(note(shape), indent);
  if (shape.kind !== "object") return `${told}${indent}#${name}: ${inline(shape)}\n`;
  const inner = Object.entries(shape.entries).map(([key, entry]) => renderKey(key, entry, depth + 1));
  return `${told}${indent}${name}:\n${inner.join("")}`;
}

function note(shape: Shape): string {
  const missing = shape.kind !== "object" && shape.default === undefined;
  return [shape.description, missing ? (shape.optional ? "No default." : "Required.") : undefined]
    .filter(Boolean)
    .join(" ");
}

function comment(text: string, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.trim().split(/\s+/)) {
    if (line !== "" && indent.length + line.length + word.length > WIDTH) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines.map((each) => `${indent}# ${each}\n`).join("");
}

/** A default on one line; a key without one shows the empty value of its type. */
function inline(shape: Shape): string {
  const empty: Partial<Record<Shape["kind"], unknown>> = { array: [], record: {}, number: 0, boolean: false };
  const value = shape.default ?? empty[shape.kind] ?? "";
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

import type { Problems } from "../chat-completions/problems.ts";
import type { ResponseLimits } from "./schema.ts";

/** Entries of the object whose names the caller chooses; far more than any provider takes. */
const ENTRIES_MAX = 10_000;

/** Notes lists that are longer than allowed, before anybody looks into them: the schema measures a list only after it has read all of it. */
export function addSizeProblems(problems: Problems, raw: unknown, limits: ResponseLimits): void {
  const { input, tools, tool_choice: choice, metadata } = Object(raw) as Readonly<Record<string, unknown>>;
  check(problems, "input", lengthOf(input), limits.itemsMax);
  check(problems, "tools", lengthOf(tools), limits.toolsMax);
  const { tools: allowed } = Object(choice) as { readonly tools?: unknown };
  check(problems, "tool_choice.tools", lengthOf(allowed), limits.toolsMax);
  const names = typeof metadata === "object" && metadata !== null ? Object.keys(metadata).length : 0;
  check(problems, "metadata", names, ENTRIES_MAX);
  if (!Array.isArray(input) || input.length > limits.itemsMax) return;
  let parts = 0;
  for (const item of input) {
    const { content, output, summary } = Object(item) as Readonly<Record<string, unknown>>;
    parts += lengthOf(content) + lengthOf(output) + lengthOf(summary);
  }
  check(problems, "input", parts, limits.partsMax, "content parts together");
}

function check(problems: Problems, path: string, size: number, limit: number, what = "entries"): void {
  if (size > limit) problems.add(path, `must have at most ${limit} ${what}; got ${size}`);
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

import type { Layout } from "../bill-row.ts";
import { anthropic } from "./anthropic.ts";
import { generic } from "./generic.ts";
import { openai } from "./openai.ts";

/** Layouts by name; a provider of the same name has it unless another is asked for. */
export const LAYOUTS: ReadonlyMap<string, Layout> = new Map([
  ["openai", openai],
  ["anthropic", anthropic],
  ["generic", generic],
]);

import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const SEARCHING = ["json_schema", "vision", "web_search"] as const;
const THINKING = ["json_schema", "vision", "web_search", "reasoning"] as const;

/** Perplexity's models; https://docs.perplexity.ai/getting-started/models */
export const models: readonly ModelEntry[] = [
  ...family("perplexity", SEARCHING, [
    ["sonar", 128_000, 4_096],
    ["sonar-pro", 200_000, 8_192],
  ]),
  ...family("perplexity", THINKING, [["sonar-reasoning-pro", 128_000, 4_096]]),
];

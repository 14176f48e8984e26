import type { ModelEntry } from "../../../provider.ts";
import { family, type ModelRow } from "../../models.ts";

const CAPABILITIES = ["tools", "parallel_tools", "vision", "files", "json_object", "json_schema", "reasoning"] as const;

/** Models that OpenAI serves by its Responses alone; https://platform.openai.com/docs/models */
const ROWS: readonly ModelRow[] = [
  ["o1-pro", 200_000, 100_000, "o1-pro-2025-03-19"],
  ["o3-pro", 200_000, 100_000, "o3-pro-2025-06-10"],
  ["gpt-5-pro", 400_000, 128_000, "gpt-5-pro-2025-10-06"],
  ["gpt-5.2-pro", 400_000, 128_000, "gpt-5.2-pro-2025-12-11"],
  ["gpt-5.4-pro", 1_050_000, 128_000, "gpt-5.4-pro-2026-03-05"],
  ["gpt-5-codex", 400_000, 128_000],
  ["gpt-5.1-codex", 400_000, 128_000],
  ["gpt-5.1-codex-max", 400_000, 128_000],
  ["gpt-5.1-codex-mini", 400_000, 128_000],
  ["gpt-5.2-codex", 400_000, 128_000],
  ["gpt-5.3-codex", 400_000, 128_000],
];

/** Most tokens of one image, by the published tiling rules. */
const PER_IMAGE = 4_000;

/** What the catalogue lists beside the models of the chat completions. */
export const responsesModels: readonly ModelEntry[] = family("openai", CAPABILITIES, ROWS).map((model) => ({
  ...model,
  inputBound: { ...model.inputBound, perImageTokens: PER_IMAGE },
}));

const ONLY = /^(?:o\d-pro|gpt-[\d.]+-(?:pro|codex))/;

/** True for models that are served by Responses alone, by their names: later ones are told so too. */
export function needsResponses(model: string): boolean {
  return ONLY.test(model);
}

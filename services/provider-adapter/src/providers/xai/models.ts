import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const THINKING = ["tools", "parallel_tools", "json_object", "json_schema", "vision", "reasoning"] as const;
const TEXT_THINKING = ["tools", "parallel_tools", "json_object", "json_schema", "reasoning"] as const;
const TEXT = ["tools", "parallel_tools", "json_object", "json_schema", "vision", "logprobs"] as const;
const PLAIN = ["tools", "parallel_tools", "json_object", "json_schema", "logprobs"] as const;

/** xAI's chat models; https://docs.x.ai/docs/models */
export const models: readonly ModelEntry[] = [
  ...family("xai", THINKING, [
    ["grok-4.5", 500_000, 500_000, "grok-latest"],
    ["grok-4.3", 1_000_000, 30_000, "grok-4.3-latest"],
    ["grok-4.20-0309-reasoning", 1_000_000, 30_000, "grok-4.20-reasoning"],
    ["grok-4-1-fast-reasoning", 2_000_000, 30_000, "grok-4-1-fast"],
    ["grok-4-fast-reasoning", 2_000_000, 30_000, "grok-4-fast"],
    ["grok-4-0709", 256_000, 256_000, "grok-4", "grok-4-latest"],
  ]),
  ...family("xai", TEXT_THINKING, [
    ["grok-build-0.1", 256_000, 256_000],
    ["grok-code-fast-1", 256_000, 10_000, "grok-code-fast"],
    ["grok-3-mini", 131_072, 131_072, "grok-3-mini-latest"],
  ]),
  ...family("xai", TEXT, [
    ["grok-4.20-0309-non-reasoning", 1_000_000, 30_000, "grok-4.20-non-reasoning"],
    ["grok-4-1-fast-non-reasoning", 2_000_000, 30_000],
    ["grok-4-fast-non-reasoning", 2_000_000, 30_000],
  ]),
  ...family("xai", PLAIN, [["grok-3", 131_072, 131_072, "grok-3-latest"]]),
];

/** Effort words by model; the other thinking models have one way to think. https://docs.x.ai/docs/guides/reasoning */
const EFFORTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^grok-4\.3/, ["none", "low", "medium", "high"]],
  [/^grok-4\.5/, ["low", "medium", "high"]],
  [/^grok-3-mini/, ["low", "high"]],
];

/** The effort words a model knows. */
export function effortsOf(model: ModelEntry): readonly string[] {
  return EFFORTS.find(([pattern]) => pattern.test(model.id))?.[1] ?? [];
}

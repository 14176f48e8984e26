import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";

const THINKING = ["tools", "parallel_tools", "json_object", "json_schema", "reasoning"] as const;
const TEXT = ["tools", "parallel_tools", "json_object", "json_schema"] as const;

/** Cerebras' chat models; https://inference-docs.cerebras.ai/models/overview */
export const models: readonly ModelEntry[] = [
  ...family("cerebras", THINKING, [
    ["gpt-oss-120b", 131_072, 40_960],
    ["zai-glm-4.7", 131_072, 40_960],
  ]),
  ...family("cerebras", TEXT, [
    ["llama3.1-8b", 32_768, 8_192],
    ["llama-3.3-70b", 128_000, 65_536],
    ["qwen-3-32b", 131_072, 32_768],
  ]),
];

/** The effort words a model knows; https://inference-docs.cerebras.ai/capabilities/reasoning */
export function effortsOf(model: ModelEntry): readonly string[] {
  if (model.id.startsWith("gpt-oss")) return ["low", "medium", "high"];
  return model.id.startsWith("zai-glm") ? ["none"] : [];
}

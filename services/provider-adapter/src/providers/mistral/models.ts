import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";
import { taskFamily } from "../task-models.ts";

const VISION = ["tools", "parallel_tools", "json_object", "json_schema", "vision"] as const;
const THINKING = ["tools", "parallel_tools", "json_object", "json_schema", "vision", "reasoning"] as const;
const MAGISTRAL = ["tools", "parallel_tools", "json_object", "json_schema", "reasoning"] as const;
const TEXT = ["tools", "parallel_tools", "json_object", "json_schema"] as const;

/** Mistral's chat models; https://docs.mistral.ai/getting-started/models */
export const models: readonly ModelEntry[] = [
  ...family("mistral", VISION, [
    ["mistral-large-2512", 262_144, 262_144, "mistral-large-latest"],
    ["mistral-medium-2508", 262_144, 262_144],
    ["mistral-medium-2505", 131_072, 131_072],
    ["mistral-small-2506", 128_000, 16_384],
    ["ministral-14b-2512", 262_144, 262_144, "ministral-14b-latest"],
    ["ministral-3b-2512", 131_072, 131_072, "ministral-3b-latest"],
    ["pixtral-large-latest", 128_000, 128_000, "pixtral-large-2411"],
    ["pixtral-12b", 128_000, 128_000, "pixtral-12b-2409", "pixtral-12b-latest"],
  ]),
  ...family("mistral", THINKING, [
    ["mistral-medium-2604", 262_144, 262_144],
    ["mistral-small-2603", 256_000, 256_000, "mistral-small-latest"],
  ]),
  ...family("mistral", MAGISTRAL, [
    ["magistral-medium-latest", 128_000, 16_384],
    ["magistral-small-latest", 128_000, 128_000],
  ]),
  ...family("mistral", TEXT, [
    ["devstral-2512", 262_144, 262_144, "devstral-latest", "devstral-medium-latest"],
    ["devstral-small-2507", 128_000, 128_000],
    ["codestral-2508", 256_000, 4_096, "codestral-latest"],
    ["open-mistral-nemo", 128_000, 128_000, "open-mistral-nemo-2407"],
  ]),
  ...taskFamily("mistral", { kind: "embeddings" }, [["mistral-embed", 8_192, "mistral-embed-2312"]]),
];

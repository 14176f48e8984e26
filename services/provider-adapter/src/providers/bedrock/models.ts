import type { ModelEntry } from "../../provider.ts";
import { family, type ModelRow } from "../models.ts";

const CLAUDE = ["tools", "parallel_tools", "vision", "files", "json_object", "json_schema", "reasoning"] as const;
const NOVA = ["tools", "parallel_tools", "vision", "files"] as const;
const TEXT = ["tools", "parallel_tools"] as const;
const VISION = ["tools", "parallel_tools", "vision"] as const;
const THINKING = ["tools", "reasoning"] as const;
const PLAIN = [] as const;

const MILLION = 1_000_000;

/** Most tokens of one image, as Anthropic publishes it for its models. */
const PER_IMAGE = 5_000;

/** One model of Anthropic's under its own name and those of the profiles that reach it from a continent. */
const claude = (id: string, places: string, contextTokens: number, maxOutputTokens: number): ModelRow[] =>
  places
    .split(" ")
    .map((place) => [`${place === "-" ? "" : `${place}.`}anthropic.${id}`, contextTokens, maxOutputTokens]);

const CLAUDE_ROWS: readonly ModelRow[] = [
  ...claude("claude-fable-5", "us eu global", MILLION, 128_000),
  ...claude("claude-opus-5", "- global", MILLION, 128_000),
  ...claude("claude-sonnet-5", "- us eu jp au global", MILLION, 128_000),
  ...claude("claude-opus-4-8", "- us eu jp au global", MILLION, 128_000),
  ...claude("claude-opus-4-7", "- us eu jp global", MILLION, 128_000),
  ...claude("claude-opus-4-6-v1", "- us eu au global", MILLION, 128_000),
  ...claude("claude-sonnet-4-6", "- us eu jp au global", MILLION, 64_000),
  ...claude("claude-opus-4-5-20251101-v1:0", "- us eu", 200_000, 64_000),
  ...claude("claude-sonnet-4-5-20250929-v1:0", "- us eu jp au global", 200_000, 64_000),
  ...claude("claude-haiku-4-5-20251001-v1:0", "- us eu au global", 200_000, 64_000),
  ...claude("claude-opus-4-1-20250805-v1:0", "- us", 200_000, 32_000),
  ...claude("claude-sonnet-4-20250514-v1:0", "- global", 200_000, 64_000),
];

/** Those of Bedrock's models that speak Converse; https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html */
export const models: readonly ModelEntry[] = [
  ...family("bedrock", CLAUDE, CLAUDE_ROWS).map((model) => ({
    ...model,
    inputBound: { ...model.inputBound, perImageTokens: PER_IMAGE },
  })),
  ...family("bedrock", PLAIN, [["anthropic.claude-3-haiku-20240307-v1:0", 200_000, 4_096]]).map((model) => ({
    ...model,
    capabilities: ["tools", "vision"],
  })),
  ...family("bedrock", NOVA, [
    ["amazon.nova-lite-v1:0", 300_000, 8_192, "us.amazon.nova-lite-v1:0"],
    ["amazon.nova-pro-v1:0", 300_000, 8_192, "us.amazon.nova-pro-v1:0"],
  ]),
  ...family(
    "bedrock",
    [...NOVA, "reasoning"],
    [["amazon.nova-2-lite-v1:0", 128_000, 4_096, "us.amazon.nova-2-lite-v1:0"]],
  ),
  ...family("bedrock", TEXT, [
    ["amazon.nova-micro-v1:0", 128_000, 8_192, "us.amazon.nova-micro-v1:0"],
    ["meta.llama3-1-70b-instruct-v1:0", 128_000, 4_096, "us.meta.llama3-1-70b-instruct-v1:0"],
    ["meta.llama3-1-8b-instruct-v1:0", 128_000, 4_096, "us.meta.llama3-1-8b-instruct-v1:0"],
    ["meta.llama3-3-70b-instruct-v1:0", 128_000, 4_096, "us.meta.llama3-3-70b-instruct-v1:0"],
    ["minimax.minimax-m2", 204_608, 128_000],
    ["mistral.devstral-2-123b", 256_000, 8_192],
    ["mistral.ministral-3-8b-instruct", 128_000, 4_096],
    ["mistral.ministral-3-14b-instruct", 128_000, 4_096],
    ["mistral.mistral-large-3-675b-instruct", 256_000, 8_192],
    ["qwen.qwen3-coder-30b-a3b-v1:0", 262_144, 131_072],
    ["qwen.qwen3-coder-next", 131_072, 65_536],
    ["zai.glm-4.7", 204_800, 131_072],
    ["zai.glm-4.7-flash", 200_000, 131_072],
    ["moonshotai.kimi-k2.5", 262_143, 16_000],
    ["nvidia.nemotron-nano-9b-v2", 128_000, 4_096],
    ["nvidia.nemotron-nano-3-30b", 128_000, 4_096],
    ["writer.palmyra-x4-v1:0", 122_880, 8_192],
    ["writer.palmyra-x5-v1:0", 1_040_000, 8_192],
  ]),
  ...family("bedrock", VISION, [
    ["meta.llama4-maverick-17b-instruct-v1:0", MILLION, 16_384],
    ["us.meta.llama4-maverick-17b-instruct-v1:0", MILLION, 16_384],
    ["meta.llama4-scout-17b-instruct-v1:0", 3_500_000, 16_384],
    ["us.meta.llama4-scout-17b-instruct-v1:0", 3_500_000, 16_384],
    ["mistral.pixtral-large-2502-v1:0", 128_000, 8_192, "us.mistral.pixtral-large-2502-v1:0"],
    ["qwen.qwen3-vl-235b-a22b", 262_000, 262_000],
    ["nvidia.nemotron-nano-12b-v2", 128_000, 4_096],
  ]),
  ...family("bedrock", THINKING, [
    ["openai.gpt-oss-120b-1:0", 128_000, 16_384],
    ["openai.gpt-oss-20b-1:0", 128_000, 16_384],
    ["deepseek.v3-v1:0", 163_840, 81_920],
    ["deepseek.v3.2", 163_840, 81_920],
    ["qwen.qwen3-235b-a22b-2507-v1:0", 262_144, 131_072],
    ["qwen.qwen3-32b-v1:0", 16_384, 16_384],
    ["moonshot.kimi-k2-thinking", 262_143, 16_000],
  ]),
  ...family(
    "bedrock",
    ["reasoning"],
    [
      ["deepseek.r1-v1:0", 128_000, 32_768],
      ["us.deepseek.r1-v1:0", 128_000, 32_768],
    ],
  ),
];

import { InputBound, type Tokenizer } from "@sluice/proto/provider/v1/provider_service";

/** What a request costs beside its text, in tokens. */
interface Template {
  readonly base: number;
  /** Each message and each tool. */
  readonly perMessage: number;
  /** Once if there are tools. */
  readonly tools: number;
  /** Once if the answer has a schema. */
  readonly schema: number;
  /** Each tool call and each result. */
  readonly perCall: number;
}

function bound(template: Template, tokenizer: Partial<Tokenizer>): InputBound {
  return InputBound.fromPartial({
    baseTokens: template.base,
    perMessageTokens: template.perMessage,
    toolsTokens: template.tools,
    schemaTokens: template.schema,
    perCallTokens: template.perCall,
    tokenizer,
  });
}

const exact = (family: string, vocabulary: string, template: Template): InputBound =>
  bound(template, { family, vocabulary, exact: true });

/**
 * Weights over the o200k vocabulary, in the order of the contract. `expected` was fitted by least squares, `most` as the lowest envelope, to
 * 7,400 texts (instructions, answers, exams, JSON, source code, logs, tables, 43 languages, random data) counted by published
 * tokenizers of these families, then raised by what as many new texts missed; where none is published, by its predecessor and by the usage in recorded answers.
 */
const weighed = (
  family: string,
  template: Template,
  weights: { readonly expected: readonly number[]; readonly most: readonly number[] },
): InputBound =>
  bound(template, {
    family,
    vocabulary: "o200k_base",
    exact: false,
    expectedPermille: [...weights.expected],
    mostPermille: [...weights.most],
  });

const scaled = (weights: readonly number[], factor: number): number[] => weights.map((one) => Math.ceil(one * factor));

const CLAUDE_2 = {
  expected: [993, 1633, 1195, 629, 0, 1158, 1141, 798, 1418, 1821, 2564, 0, 16, 0],
  most: [1003, 2166, 1207, 636, 518, 1498, 1535, 1359, 1972, 7024, 7453, 49, 16, 246],
};
const claude = (factor: number) => ({
  expected: scaled(CLAUDE_2.expected, factor),
  most: scaled(CLAUDE_2.most, factor),
});
const CLAUDE_TEMPLATE = { base: 48, perMessage: 8, tools: 1_024, schema: 192, perCall: 40 };

const GENERIC = {
  expected: [1004, 1208, 1025, 471, 442, 904, 1122, 1124, 914, 1146, 1559, 18, 5, 11],
  most: [1023, 1424, 1040, 250, 1030, 1003, 1558, 1694, 1726, 5853, 6060, 449, 15, 234],
};
const GROK_TEMPLATE = { base: 240, perMessage: 8, tools: 512, schema: 64, perCall: 160 };

const OPENAI_TEMPLATE = { base: 4, perMessage: 4, tools: 160, schema: 16, perCall: 8 };
const O200K = exact("o200k", "o200k_base", OPENAI_TEMPLATE);
const CL100K = exact("cl100k", "cl100k_base", OPENAI_TEMPLATE);
/** Its template tells the date and the effort in a system message of its own. */
const GPT_OSS = exact("gpt-oss", "o200k_base", { base: 80, perMessage: 8, tools: 160, schema: 128, perCall: 16 });
const CLAUDE = weighed("claude", CLAUDE_TEMPLATE, claude(1.12));
/** From 4.7 on a tokenizer that makes about a third more of the same text. */
const CLAUDE_FINER = weighed("claude-finer", CLAUDE_TEMPLATE, claude(1.45));
const GEMINI = weighed(
  "gemini",
  { base: 20, perMessage: 5, tools: 64, schema: 64, perCall: 24 },
  {
    expected: [1006, 1224, 1045, 0, 982, 990, 649, 1153, 777, 1035, 802, 139, 53, 0],
    most: scaled([1016, 2273, 1224, 0, 1105, 1074, 656, 1285, 990, 1636, 1266, 379, 85, 31], 1.04),
  },
);
const DEEPSEEK_WEIGHTS = {
  expected: [990, 1410, 1030, 550, 238, 908, 1040, 1277, 831, 1082, 1419, 0, 15, 30],
  most: [999, 1424, 1040, 1015, 241, 917, 1050, 1694, 1400, 1876, 2383, 449, 15, 205],
};
const DEEPSEEK_TEMPLATE = { base: 28, perMessage: 8, tools: 512, schema: 64, perCall: 40 };
const DEEPSEEK = weighed("deepseek", DEEPSEEK_TEMPLATE, DEEPSEEK_WEIGHTS);
/** Its template tells how to think in some eighty tokens. */
const DEEPSEEK_4 = weighed("deepseek-4", { ...DEEPSEEK_TEMPLATE, base: 96 }, DEEPSEEK_WEIGHTS);
const QWEN = weighed(
  "qwen",
  { base: 20, perMessage: 6, tools: 256, schema: 64, perCall: 24 },
  {
    expected: [1011, 1103, 1020, 0, 1014, 902, 919, 1032, 882, 1324, 1503, 34, 0, 5],
    most: scaled([1022, 1114, 1031, 32, 1029, 928, 1080, 1097, 1400, 3509, 4336, 75, 0, 234], 1.02),
  },
);
const LLAMA = weighed(
  "llama",
  { base: 45, perMessage: 5, tools: 640, schema: 64, perCall: 24 },
  {
    expected: [1013, 1112, 1026, 864, 76, 905, 1409, 1064, 1029, 1034, 1757, 19, 0, 0],
    most: scaled([1023, 1150, 1037, 1055, 76, 1003, 1558, 1075, 1726, 5853, 6060, 19, 0, 228], 1.02),
  },
);
const MISTRAL = weighed("mistral", { base: 20, perMessage: 4, tools: 512, schema: 64, perCall: 24 }, GENERIC);
const GROK = weighed("grok", GROK_TEMPLATE, GENERIC);
const others = (family: string, base: number): InputBound =>
  weighed(family, { base, perMessage: 6, tools: 512, schema: 64, perCall: 24 }, GENERIC);

/** Template tokens far above what known templates add, and no tokenizer: bytes bound the text until usage has taught better. */
const UNKNOWN: InputBound = {
  ...bound({ base: 96, perMessage: 16, tools: 768, schema: 192, perCall: 64 }, {}),
  tokenizer: undefined,
};
/** Models that judge what is said are told the whole rule book. */
const GUARDIAN: InputBound = { ...UNKNOWN, baseTokens: 512 };

/** The first that matches a model's id, its maker's name before it or not. */
const BY_ID: readonly (readonly [RegExp, InputBound])[] = [
  [/guard/, GUARDIAN],
  [/gpt-oss/, GPT_OSS],
  [/^(?:openai\/)?o1-(?:mini|preview)/, exact("o1", "o200k_base", { ...OPENAI_TEMPLATE, base: 16 })],
  [/^(?:openai\/)?(?:gpt-4o|gpt-4\.|gpt-5|chatgpt|codex|o\d)/, O200K],
  [/^(?:openai\/)?gpt-(?:4|3\.5)/, CL100K],
  [/claude-(?:[a-z]+-)?(?:4[.-][789]|[5-9])/, CLAUDE_FINER],
  [/claude/, CLAUDE],
  [/gemini|gemma-3/, GEMINI],
  [/deepseek-v4/, DEEPSEEK_4],
  [/deepseek(?!.*distill)/, DEEPSEEK],
  [/qwen|qwq/, QWEN],
  [/llama-(?:3|4)/, LLAMA],
  // One of these thinks with several hundred tokens of instructions.
  [/grok-4(?:-0709|-latest)?$/, weighed("grok", { ...GROK_TEMPLATE, base: 720 }, GENERIC)],
  [/grok-[23]/, weighed("grok", { ...GROK_TEMPLATE, base: 24 }, GENERIC)],
  [/grok/, GROK],
  [/mistral|ministral|magistral|devstral|codestral|pixtral/, MISTRAL],
  [/kimi|moonshot/, others("kimi", 34)],
  [/glm/, others("glm", 20)],
  [/minimax/, others("minimax", 48)],
];

/** How a model's prompt is bounded, by its id; images cannot be bounded without knowing the model. */
export function inputBoundOf(id: string): InputBound {
  return BY_ID.find(([pattern]) => pattern.test(id))?.[1] ?? UNKNOWN;
}

/** A rule for addresses that may serve anything under a well-known name: no tokenizer, and a template that is as large as any. */
export function boundOfAnything(known: InputBound): InputBound {
  return {
    ...known,
    baseTokens: Math.max(known.baseTokens, UNKNOWN.baseTokens),
    perMessageTokens: Math.max(known.perMessageTokens, UNKNOWN.perMessageTokens),
    toolsTokens: Math.max(known.toolsTokens, UNKNOWN.toolsTokens),
    schemaTokens: Math.max(known.schemaTokens, UNKNOWN.schemaTokens),
    perCallTokens: Math.max(known.perCallTokens, UNKNOWN.perCallTokens),
    tokenizer: undefined,
  };
}

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
 * Weights over the o200k vocabulary, in the order of the contract. `expected` was fitted by least squares, `most` as the lowest envelope that is
 * never below it, to 40,000 texts counted by published tokenizers of these families: instructions, answers, exams, JSON, source code, logs,
 * tables, 43 languages, texts of up to 120,000 characters, and 18,000 texts made to be hard (loops, salads of tokens, codes, rare scripts); then
 * raised by one or two in a hundred. Where no tokenizer is published, by its predecessor and by the usage in recorded answers.
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

const CLAUDE_2 = {
  expected: [
    993, 1783, 1103, 774, 0, 1031, 1242, 626, 603, 1097, 1518, 70, 3, 13, 2400, 1669, 790, 0, 1425, 458, 1299, 0, 0,
  ],
  most: [
    1014, 1819, 1289, 937, 95, 1052, 1874, 817, 1357, 2336, 3325, 50, 3, 177, 2449, 1703, 1045, 0, 1018, 1611, 2337,
    714, 600,
  ],
};
/** Factors for newer tokenizers of the same maker, by kind of text. */
interface Finer {
  readonly words: number;
  readonly numbers: number;
  /** ASCII symbols, white space, and what repeats. */
  readonly symbols: number;
  /** Other scripts and signs. */
  readonly others: number;
}

const KINDS_OF: Readonly<Record<Exclude<keyof Finer, "others">, ReadonlySet<number>>> = {
  words: new Set([0, 1, 2, 13, 14, 15]),
  numbers: new Set([3, 4]),
  symbols: new Set([5, 7, 11, 12, 16, 21, 22]),
};

function claude(expected: Finer, most: Finer) {
  const factor = (by: Finer, kind: number): number => {
    if (KINDS_OF.words.has(kind)) return by.words;
    if (KINDS_OF.numbers.has(kind)) return by.numbers;
    return KINDS_OF.symbols.has(kind) ? by.symbols : by.others;
  };
  const byKind = (weights: readonly number[], by: Finer) => weights.map((one, at) => Math.ceil(one * factor(by, at)));
  return { expected: byKind(CLAUDE_2.expected, expected), most: byKind(CLAUDE_2.most, most) };
}

/** By the usage in recorded answers. */
const CLAUDE_3 = { words: 1.12, numbers: 1.12, symbols: 1.12, others: 1.12 };
/**
 * By what was measured in public of the maker's own counts, against the one before: English and German prose 1.2 to 1.47 times, source code 1.13
 * to 1.4, numbers 1.06, other scripts and signs 1.0 to 1.07.
 */
const CLAUDE_47 = {
  expected: { words: 1.51, numbers: 1.18, symbols: 1.4, others: 1.14 },
  most: { words: 1.6, numbers: 1.25, symbols: 1.45, others: 1.2 },
};
const CLAUDE_TEMPLATE = { base: 48, perMessage: 8, tools: 1_024, schema: 192, perCall: 40 };

/** For tokenizers that nothing is known of: fitted to five published ones at once; signs, in which they differ most, higher than in any. */
const GENERIC = {
  expected: [
    1003, 1219, 1023, 790, 219, 947, 973, 1064, 832, 939, 957, 46, 6, 0, 1225, 1228, 823, 0, 252, 147, 299, 0, 0,
  ],
  most: [
    1034, 1257, 1133, 571, 808, 977, 2300, 1468, 1349, 2165, 1912, 36, 6, 83, 1925, 1471, 1051, 600, 404, 1670, 1865,
    927, 626,
  ],
};
const GROK_TEMPLATE = { base: 240, perMessage: 8, tools: 512, schema: 64, perCall: 160 };

const OPENAI_TEMPLATE = { base: 4, perMessage: 4, tools: 160, schema: 16, perCall: 8 };
const O200K = exact("o200k", "o200k_base", OPENAI_TEMPLATE);
const CL100K = exact("cl100k", "cl100k_base", OPENAI_TEMPLATE);
/** Its template tells the date and the effort in a system message of its own. */
const GPT_OSS = exact("gpt-oss", "o200k_base", { base: 80, perMessage: 8, tools: 160, schema: 128, perCall: 16 });
const CLAUDE = weighed("claude", CLAUDE_TEMPLATE, claude(CLAUDE_3, CLAUDE_3));
/** From 4.7 on a tokenizer that makes about a third more of the same text. */
const CLAUDE_FINER = weighed("claude-finer", CLAUDE_TEMPLATE, claude(CLAUDE_47.expected, CLAUDE_47.most));
const GEMINI = weighed(
  "gemini",
  { base: 20, perMessage: 5, tools: 64, schema: 64, perCall: 24 },
  {
    expected: [
      1001, 1245, 985, 0, 987, 939, 696, 1033, 743, 1006, 674, 167, 43, 0, 2389, 1213, 690, 0, 80, 17, 139, 0, 0,
    ],
    most: [
      1042, 1295, 1025, 216, 931, 977, 1246, 1669, 1294, 1047, 1215, 127, 32, 0, 2485, 2331, 976, 0, 617, 150, 102,
      1092, 417,
    ],
  },
);
const DEEPSEEK_WEIGHTS = {
  expected: [
    986, 1604, 997, 752, 144, 874, 1061, 1055, 633, 623, 1157, 100, 14, 19, 1472, 1456, 614, 0, 625, 275, 278, 0, 0,
  ],
  most: [
    1006, 1637, 1040, 829, 103, 892, 1776, 1416, 1065, 1337, 1455, 328, 10, 168, 1700, 1486, 981, 0, 552, 197, 733, 714,
    686,
  ],
};
const DEEPSEEK_TEMPLATE = { base: 28, perMessage: 8, tools: 512, schema: 64, perCall: 40 };
const DEEPSEEK = weighed("deepseek", DEEPSEEK_TEMPLATE, DEEPSEEK_WEIGHTS);
/** Its template tells how to think in some eighty tokens. */
const DEEPSEEK_4 = weighed("deepseek-4", { ...DEEPSEEK_TEMPLATE, base: 96 }, DEEPSEEK_WEIGHTS);
const QWEN = weighed(
  "qwen",
  { base: 20, perMessage: 6, tools: 256, schema: 64, perCall: 24 },
  {
    expected: [
      1006, 1043, 1017, 47, 985, 953, 865, 1016, 668, 976, 887, 2, 0, 11, 916, 1179, 961, 204, 599, 203, 946, 0, 0,
    ],
    most: [
      1037, 1074, 1048, 34, 994, 982, 1290, 1087, 1041, 1030, 1936, 2, 0, 168, 985, 1752, 1023, 557, 586, 928, 1238,
      721, 511,
    ],
  },
);
const LLAMA = weighed(
  "llama",
  { base: 45, perMessage: 5, tools: 640, schema: 64, perCall: 24 },
  {
    expected: [
      1009, 1162, 1026, 900, 56, 927, 1351, 1055, 914, 731, 1618, 0, 0, 0, 946, 1187, 974, 135, 242, 184, 126, 0, 0,
    ],
    most: [
      1040, 1422, 1093, 948, 41, 956, 1401, 1184, 1385, 1735, 2075, 0, 0, 125, 1015, 1442, 1014, 98, 175, 1585, 1815,
      721, 693,
    ],
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
  [/grok-4-fast/, weighed("grok", { ...GROK_TEMPLATE, base: 168 }, GENERIC)],
  [/grok-(?:code-fast-1|4\.3)/, weighed("grok", { ...GROK_TEMPLATE, base: 208 }, GENERIC)],
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

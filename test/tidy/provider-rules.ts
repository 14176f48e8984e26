import { factRule, isTest, type Rule } from "./rule.ts";

const PROVIDERS =
  "anthropic|gemini|mistral|groq|cohere|deepseek|bedrock|azure|ollama|vertex|xai|openrouter|fireworks|cerebras|huggingface";
const NAMES = new RegExp(`(?<![a-z])(${PROVIDERS})`, "i");
/** OpenAI is a provider and a dialect: the ingress speaks it, error rows name its types, the launcher shows its SDK. */
const OPENAI = /(?<![a-z])openai/i;

/** Where a provider's name is data or the subject itself. */
const AT_HOME = [
  /^services\/provider-adapter\/src\/providers\//,
  /^services\/ledger\/src\/prices\//,
  /^services\/simulator\//,
  /\/importers\//,
  /\/reconciliation\//,
  /^services\/ingress\/src\/(endpoints|dialects)\//,
];
const DIALECT = [
  /^services\/ingress\/src\//,
  /^services\/platform\/src\/errors\//,
  /^services\/launcher\/src\/(commands|welcome|first-start)/,
];
/** Shapes of keys that are refused in configuration name whose key they are. */
const KEY_SHAPES = /^services\/platform\/src\/config\/[a-z-]*secret[a-z-]*\.ts$/;

/** Provider names stay where providers live. */
export const PROVIDER_RULES: readonly Rule[] = [
  factRule(
    "provider names stay in their folders",
    "Put the difference behind the Provider interface, or into data of the provider's folder.",
    (facts, { path }) => {
      if (!path.startsWith("services/") || isTest(path) || AT_HOME.some((place) => place.test(path))) return [];
      if (KEY_SHAPES.test(path)) return [];
      const dialect = DIALECT.some((place) => place.test(path));
      return facts.words.filter(({ text }) => decides(text) && (NAMES.test(text) || (!dialect && OPENAI.test(text))));
    },
  ),
];

/** A string with a space in it is a sentence for people, such as an example in a description. */
function decides(text: string): boolean {
  return !/\s/.test(text.trim());
}

/** Names other gateways have for providers, and ours. A name that is not here is the same in both. */
const OURS: Readonly<Record<string, string>> = {
  "azure-openai": "azure",
  azure_ai: "azure",
  "azure-ai": "azure",
  google: "gemini",
  vertex_ai: "vertex",
  vertex_ai_beta: "vertex",
  "vertex-ai": "vertex",
  "mistral-ai": "mistral",
  codestral: "mistral",
  dashscope: "qwen",
  "x-ai": "xai",
  cohere_chat: "cohere",
  together_ai: "together",
  "together-ai": "together",
  fireworks_ai: "fireworks",
  "fireworks-ai": "fireworks",
  "perplexity-ai": "perplexity",
  zai: "zhipu",
  zhipuai: "zhipu",
  ollama_chat: "ollama",
  hosted_vllm: "vllm",
  lm_studio: "lmstudio",
  "aws-bedrock": "bedrock",
  bedrock_converse: "bedrock",
  custom_openai: "openai-compatible",
  openai_like: "openai-compatible",
  "text-completion-openai": "openai",
};

/** Our name of a provider another gateway names. */
export function ourName(theirs: string): string {
  return OURS[theirs.toLowerCase()] ?? theirs.toLowerCase().replaceAll("_", "-");
}

/** Whose model a bare name is; undefined if that cannot be told. */
export function makerOf(model: string): string | undefined {
  return MAKERS.find(([pattern]) => pattern.test(model))?.[1];
}

const MAKERS: readonly (readonly [RegExp, string])[] = [
  [/^(gpt-|chatgpt-|o\d|text-embedding-|dall-e|whisper|tts-)/, "openai"],
  [/^claude-/, "anthropic"],
  [/^gemini-/, "gemini"],
  [/^(mistral|mixtral|codestral|ministral|magistral)-/, "mistral"],
  [/^deepseek-/, "deepseek"],
  [/^grok-/, "xai"],
  [/^(command|c4ai)-/, "cohere"],
  [/^qwen/, "qwen"],
];

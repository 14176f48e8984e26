/**
 * Environment variables that conventionally hold a provider's key, for providers without a folder of their own yet.
 * They are refused at start like those of the built-in providers: a long-lived key must not lie in reach of the process.
 */
export const KNOWN_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  "azure-openai": ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
  bedrock: ["AWS_BEARER_TOKEN_BEDROCK"],
  mistral: ["MISTRAL_API_KEY"],
  deepseek: ["DEEPSEEK_API_KEY"],
  dashscope: ["DASHSCOPE_API_KEY"],
  xai: ["XAI_API_KEY"],
  groq: ["GROQ_API_KEY"],
  cohere: ["COHERE_API_KEY", "CO_API_KEY"],
  together: ["TOGETHER_API_KEY", "TOGETHERAI_API_KEY"],
  fireworks: ["FIREWORKS_API_KEY"],
  openrouter: ["OPENROUTER_API_KEY"],
  perplexity: ["PERPLEXITY_API_KEY", "PERPLEXITYAI_API_KEY"],
  cerebras: ["CEREBRAS_API_KEY"],
  moonshot: ["MOONSHOT_API_KEY"],
  zhipu: ["ZHIPUAI_API_KEY", "ZAI_API_KEY"],
  ollama: ["OLLAMA_API_KEY"],
  vllm: ["VLLM_API_KEY"],
};

import type { Invoice } from "./invoice.ts";
import { OPENAI_INVOICES } from "./invoices-openai.ts";

const anthropic: readonly Invoice[] = [
  // 25 x 3,000 + 100 x 15,000
  { model: "anthropic/claude-sonnet-4-5", usage: { input_tokens: 25, output_tokens: 100 }, nanousd: 1_575_000 },
  // Input leaves the cache out: 3 x 1,000 + 1,712 x 100 + 236 x 1,250 + 121 x 5,000 = 3,000 + 171,200 + 295,000 + 605,000
  {
    model: "anthropic/claude-haiku-4-5-20251001",
    usage: {
      input_tokens: 3,
      output_tokens: 121,
      cache_read_input_tokens: 1712,
      cache_creation_input_tokens: 236,
      service_tier: "standard",
    },
    nanousd: 1_074_200,
  },
  // An hour costs double: 10 x 15,000 + 100 x 18,750 + 200 x 30,000 + 1 x 75,000 = 150,000 + 1,875,000 + 6,000,000 + 75,000
  {
    model: "anthropic/claude-opus-4-1",
    usage: {
      input_tokens: 10,
      output_tokens: 1,
      cache_read_input_tokens: 0,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
    },
    nanousd: 8_100_000,
  },
  // Two searches at 0.01 USD, and fetching costs its tokens alone: 1,000 x 3,000 + 10 x 15,000 + 2 x 10,000,000
  {
    model: "anthropic/claude-sonnet-4-5",
    usage: {
      input_tokens: 1000,
      output_tokens: 10,
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
    },
    nanousd: 23_150_000,
  },
  // Batch halves tokens, not searches: 1,000 x 1,500 + 10 x 7,500 + 10,000,000
  {
    model: "anthropic/claude-sonnet-4-5",
    usage: {
      input_tokens: 1000,
      output_tokens: 10,
      server_tool_use: { web_search_requests: 1 },
      service_tier: "batch",
    },
    nanousd: 11_575_000,
  },
  // What was summarised on the way is billed too: (682 + 60,385) x 3,000 + (1,320 + 592) x 15,000 = 183,201,000 + 28,680,000
  {
    model: "anthropic/claude-sonnet-4-6",
    usage: {
      input_tokens: 682,
      output_tokens: 1320,
      iterations: [
        { type: "compaction", input_tokens: 60_385, output_tokens: 592 },
        { type: "message", input_tokens: 682, output_tokens: 1320 },
      ],
    },
    nanousd: 211_881_000,
  },
  // The same model in OpenAI's shape, where the prompt includes the cache: 3 x 1,000 + 1,712 x 100 + 236 x 1,250 + 121 x 5,000
  {
    model: "anthropic/claude-haiku-4-5",
    usage: {
      prompt_tokens: 1951,
      completion_tokens: 121,
      total_tokens: 2072,
      prompt_tokens_details: { cached_tokens: 1712, cache_write_tokens: 236 },
    },
    nanousd: 1_074_200,
  },
];

const google: readonly Invoice[] = [
  // Thoughts are output: 8 x 300 + (5 + 20) x 2,500
  {
    model: "gemini/gemini-2.5-flash",
    usage: { promptTokenCount: 8, candidatesTokenCount: 5, thoughtsTokenCount: 20, totalTokenCount: 33 },
    nanousd: 64_900,
  },
  // The prompt includes the cache: (9,620 - 9,600) x 300 + 9,600 x 30 + 4 x 2,500 = 6,000 + 288,000 + 10,000
  {
    model: "gemini/gemini-2.5-flash",
    usage: {
      promptTokenCount: 9620,
      cachedContentTokenCount: 9600,
      candidatesTokenCount: 4,
      totalTokenCount: 9624,
    },
    nanousd: 304_000,
  },
  // What its own tools read comes on top: (13 + 289) x 300 + 194 x 2,500 = 90,600 + 485,000
  {
    model: "gemini/gemini-2.5-flash",
    usage: {
      promptTokenCount: 13,
      toolUsePromptTokenCount: 289,
      candidatesTokenCount: 194,
      totalTokenCount: 496,
    },
    nanousd: 575_600,
  },
  // Sound in the prompt: 10 x 300 + 90 x 1,000 + 6 x 2,500
  {
    model: "gemini/gemini-2.5-flash",
    usage: {
      promptTokenCount: 100,
      candidatesTokenCount: 6,
      totalTokenCount: 106,
      promptTokensDetails: [
        { modality: "TEXT", tokenCount: 10 },
        { modality: "AUDIO", tokenCount: 90 },
      ],
    },
    nanousd: 108_000,
  },
  // A long prompt: 200,001 x 2,500 + 10 x 15,000
  {
    model: "google/gemini-2.5-pro",
    usage: { promptTokenCount: 200_001, candidatesTokenCount: 10, totalTokenCount: 200_011 },
    nanousd: 500_152_500,
  },
  // Behind its chat door thoughts are in the total alone: 35 x 1,250 + (109 - 35) x 10,000
  {
    model: "gemini/gemini-2.5-pro",
    usage: { prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 },
    nanousd: 783_750,
  },
  // Without an answer's count the total tells: 20 x 300 + 0 x 2,500
  { model: "google-vertex/gemini-2.5-flash", usage: { promptTokenCount: 20, totalTokenCount: 20 }, nanousd: 6_000 },
];

const others: readonly Invoice[] = [
  // 19 x 150 + 7 x 600
  {
    model: "mistral/mistral-small-2603",
    usage: { prompt_tokens: 19, completion_tokens: 7, total_tokens: 26 },
    nanousd: 7_050,
  },
  // (1,000 - 960) x 500 + 960 x 50 + 2 x 1,500, cached tokens under their other name
  {
    model: "mistral/mistral-large-2512",
    usage: { prompt_tokens: 1000, completion_tokens: 2, total_tokens: 1002, num_cached_tokens: 960 },
    nanousd: 71_000,
  },
  { model: "mistral/mistral-embed", usage: { prompt_tokens: 5, total_tokens: 5, completion_tokens: 0 }, nanousd: 500 },
  // Misses and hits: 48 x 140 + 128 x 2.8 + 10 x 280 = 6,720 + 358.4 + 2,800, rounded up
  {
    model: "deepseek/deepseek-chat",
    usage: {
      prompt_tokens: 176,
      completion_tokens: 10,
      total_tokens: 186,
      prompt_cache_hit_tokens: 128,
      prompt_cache_miss_tokens: 48,
    },
    nanousd: 9_879,
  },
  // The completion leaves reasoning out here: (307 - 244) x 300 + 244 x 75 + (26 + 255) x 500 = 18,900 + 18,300 + 140,500
  {
    model: "xai/grok-3-mini",
    usage: {
      prompt_tokens: 307,
      completion_tokens: 26,
      total_tokens: 588,
      prompt_tokens_details: { cached_tokens: 244 },
      completion_tokens_details: { reasoning_tokens: 255 },
    },
    nanousd: 177_700,
  },
  // And here it includes it, and two searches cost 0.005 USD each: 3,865 x 1,250 + 2,048 x 200 + 364 x 2,500 + 2 x 5,000,000
  {
    model: "xai/grok-4.3",
    usage: {
      input_tokens: 5913,
      input_tokens_details: { cached_tokens: 2048 },
      output_tokens: 364,
      output_tokens_details: { reasoning_tokens: 263 },
      total_tokens: 6277,
      server_side_tool_usage_details: { web_search_calls: 2, x_search_calls: 0 },
    },
    nanousd: 16_150_850,
  },
  // 17 x 590 + 649 x 790
  {
    model: "groq/llama-3.3-70b-versatile",
    usage: { queue_time: 0.33, prompt_tokens: 17, prompt_time: 0.0006, completion_tokens: 649, total_tokens: 666 },
    nanousd: 522_740,
  },
  // An hour costs 0.111 USD, so ten seconds 308,333.33 nano-USD, rounded up
  { model: "groq/whisper-large-v3", usage: { type: "duration", seconds: 10 }, nanousd: 308_334 },
  // What is billed, not what was counted: 58 x 2,500 + 119 x 10,000
  {
    model: "cohere/command-a-03-2025",
    usage: {
      billed_units: { input_tokens: 58, output_tokens: 119 },
      tokens: { input_tokens: 569, output_tokens: 121 },
    },
    nanousd: 1_335_000,
  },
  // 3 x 37.5 + 1 x 150 = 262.5, rounded up
  { model: "cohere/command-r7b-12-2024", usage: { billed_units: { input_tokens: 3, output_tokens: 1 } }, nanousd: 263 },
  // 3 searches at 0.002 USD
  { model: "cohere/rerank-v3.5", usage: { billed_units: { search_units: 3 } }, nanousd: 6_000_000 },
  // 10 x 35 + 90 x 8.75 + 20 x 140 = 350 + 787.5 + 2,800, rounded up
  {
    model: "bedrock/us.amazon.nova-micro-v1:0",
    usage: { inputTokens: 10, cacheReadInputTokens: 90, outputTokens: 20, totalTokens: 120 },
    nanousd: 3_938,
  },
  // 3 x 1,000 + 1,712 x 100 + 36 x 1,250 + 200 x 2,000 + 121 x 5,000 = 3,000 + 171,200 + 45,000 + 400,000 + 605,000
  {
    model: "bedrock/anthropic.claude-haiku-4-5-20251001-v1:0",
    usage: {
      inputTokens: 3,
      outputTokens: 121,
      cacheReadInputTokens: 1712,
      cacheWriteInputTokens: 236,
      cacheDetails: [
        { inputTokens: 200, ttl: "1h" },
        { inputTokens: 36, ttl: "5m" },
      ],
      totalTokens: 2072,
    },
    nanousd: 1_224_200,
  },
  // A fee by the size of the search: 20 x 1,000 + 5 x 1,000 + 5,000,000
  {
    model: "perplexity/sonar",
    usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25, search_context_size: "low" },
    nanousd: 5_025_000,
  },
  // (198 + 24) x 880
  {
    model: "together/meta-llama/Llama-3.3-70B-Instruct-Turbo",
    usage: { prompt_tokens: 198, completion_tokens: 24, total_tokens: 222, cached_tokens: 0 },
    nanousd: 195_360,
  },
  // (20 - 10) x 950 + 10 x 160 + 30 x 4,000
  {
    model: "moonshotai/kimi-k2.6",
    usage: { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50, cached_tokens: 10 },
    nanousd: 131_100,
  },
  // (435 - 4) x 600 + 4 x 110 + 73 x 2,200
  {
    model: "zhipu/glm-4.6",
    usage: {
      prompt_tokens: 435,
      completion_tokens: 73,
      total_tokens: 508,
      prompt_tokens_details: { cached_tokens: 4 },
    },
    nanousd: 419_640,
  },
  // The provider's own wire: 619 x 400 + 1,379 x 1,200
  {
    model: "qwen/qwen-plus",
    usage: {
      input_tokens: 619,
      output_tokens: 1379,
      total_tokens: 1998,
      output_tokens_details: { reasoning_tokens: 636 },
    },
    nanousd: 1_902_400,
  },
  // 394 x 350 + 63 x 750; nothing cheaper is known for cached tokens
  {
    model: "cerebras/gpt-oss-120b",
    usage: {
      prompt_tokens: 394,
      completion_tokens: 63,
      total_tokens: 457,
      prompt_tokens_details: { cached_tokens: 256 },
    },
    nanousd: 185_150,
  },
  // 57 x 20
  { model: "voyage/rerank-2-lite", usage: { total_tokens: 57 }, nanousd: 1_140 },
  // 18 x 60
  { model: "voyageai/voyage-3.5", usage: { total_tokens: 18 }, nanousd: 1_080 },
  // (100 - 64) x 2,500 + 64 x 1,250 + 10 x 10,000
  {
    model: "azure/gpt-4o",
    usage: { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 64 } },
    nanousd: 270_000,
  },
];

export const INVOICES: readonly Invoice[] = [...OPENAI_INVOICES, ...anthropic, ...google, ...others];

import type { Invoice } from "./invoice.ts";

/** Every class and tier of one provider. */
export const OPENAI_INVOICES: readonly Invoice[] = [
  // 1,000 x 2,000 + 500 x 8,000
  {
    model: "openai/gpt-4.1",
    usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
    nanousd: 6_000_000,
  },
  // 1 x 150 + 1 x 600
  { model: "openai/gpt-4o-mini-2024-07-18", usage: { prompt_tokens: 1, completion_tokens: 1 }, nanousd: 750 },
  // (3,000 - 2,048) x 2,500 + 2,048 x 1,250 + 120 x 10,000 = 2,380,000 + 2,560,000 + 1,200,000
  {
    model: "openai/gpt-4o",
    usage: { prompt_tokens: 3000, completion_tokens: 120, prompt_tokens_details: { cached_tokens: 2048 } },
    nanousd: 6_140_000,
  },
  // Reasoning is inside of the output: 20 x 250 + 900 x 2,000
  {
    model: "openai/gpt-5-mini",
    usage: { prompt_tokens: 20, completion_tokens: 900, completion_tokens_details: { reasoning_tokens: 832 } },
    nanousd: 1_805_000,
  },
  // The other door: (6,165 - 6,016) x 250 + 6,016 x 25 + 5 x 2,000 = 37,250 + 150,400 + 10,000
  {
    model: "openai/gpt-5-mini",
    usage: { input_tokens: 6165, output_tokens: 5, total_tokens: 6170, input_tokens_details: { cached_tokens: 6016 } },
    nanousd: 197_650,
  },
  // At the threshold of long prompts: 272,000 x 2,500 + 10 x 15,000
  { model: "openai/gpt-5.4", usage: { prompt_tokens: 272_000, completion_tokens: 10 }, nanousd: 680_150_000 },
  // One more: (272,001 - 1,000) x 5,000 + 1,000 x 500 + 10 x 22,500 = 1,355,005,000 + 500,000 + 225,000
  {
    model: "openai/gpt-5.4",
    usage: { prompt_tokens: 272_001, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 1000 } },
    nanousd: 1_355_730_000,
  },
  // Flex is half: 1,000 x 1,250 + 100 x 7,500
  { model: "openai/gpt-5.4", usage: { prompt_tokens: 1000, completion_tokens: 100 }, tier: "flex", nanousd: 2_000_000 },
  // Priority is double: 1,000 x 5,000 + 100 x 30,000
  {
    model: "openai/gpt-5.4",
    usage: { prompt_tokens: 1000, completion_tokens: 100 },
    tier: "priority",
    nanousd: 8_000_000,
  },
  // Batch is half, and a cached token 37.5: 1 x 75 + 1 x 37.5 + 1 x 300 = 412.5, rounded up once
  {
    model: "openai/gpt-4o-mini",
    usage: { prompt_tokens: 2, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 1 } },
    tier: "batch",
    nanousd: 413,
  },
  // Before its price fell, and after: 1,000 x 1,000 + 100 x 6,000, then 1,000 x 200 + 100 x 1,200
  {
    model: "openai/gpt-5.6-luna",
    usage: { prompt_tokens: 1000, completion_tokens: 100 },
    at: "2026-07-29T23:59:59Z",
    nanousd: 1_600_000,
  },
  {
    model: "openai/gpt-5.6-luna",
    usage: { prompt_tokens: 1000, completion_tokens: 100 },
    at: "2026-07-30T00:00:00Z",
    nanousd: 320_000,
  },
  // Writing costs a quarter more: (1,000 - 600 - 300) x 200 + 600 x 20 + 300 x 250 + 10 x 1,200 = 20,000 + 12,000 + 75,000 + 12,000
  {
    model: "openai/gpt-5.6-luna",
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 10,
      prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
    },
    nanousd: 119_000,
  },
  // Sound apart from text: 16 x 2,500 + 43 x 40,000 + 23 x 10,000 + 100 x 80,000 = 40,000 + 1,720,000 + 230,000 + 8,000,000
  {
    model: "openai/gpt-4o-audio-preview",
    usage: {
      prompt_tokens: 59,
      completion_tokens: 123,
      prompt_tokens_details: { audio_tokens: 43 },
      completion_tokens_details: { audio_tokens: 100 },
    },
    nanousd: 9_990_000,
  },
  // An embedding has no output: 12 x 20
  { model: "openai/text-embedding-3-small", usage: { prompt_tokens: 12, total_tokens: 12 }, nanousd: 240 },
  // Sound by the second: 7 x 100,000
  { model: "openai/whisper-1", usage: { type: "duration", seconds: 7 }, nanousd: 700_000 },
  // 10 x 5,000 + 194 x 10,000 + 272 x 40,000 = 50,000 + 1,940,000 + 10,880,000
  {
    model: "openai/gpt-image-1",
    usage: {
      input_tokens: 204,
      output_tokens: 272,
      total_tokens: 476,
      input_tokens_details: { text_tokens: 10, image_tokens: 194 },
    },
    nanousd: 12_870_000,
  },
];

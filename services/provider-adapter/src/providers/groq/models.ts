import type { ModelEntry } from "../../provider.ts";
import { family } from "../models.ts";
import { taskFamily } from "../task-models.ts";

const TEXT = ["tools", "parallel_tools", "json_object"] as const;
const THINKING = ["tools", "parallel_tools", "json_object", "reasoning"] as const;
const GPT_OSS = ["tools", "json_object", "json_schema", "reasoning"] as const;
const VISION = ["tools", "parallel_tools", "json_object", "json_schema", "vision"] as const;
const KIMI = ["tools", "parallel_tools", "json_object", "json_schema"] as const;

/** Groq's chat models; https://console.groq.com/docs/models */
export const models: readonly ModelEntry[] = [
  ...family("groq", TEXT, [
    ["llama-3.1-8b-instant", 131_072, 131_072],
    ["llama-3.3-70b-versatile", 131_072, 32_768],
  ]),
  ...family("groq", THINKING, [["qwen/qwen3-32b", 131_072, 40_960]]),
  ...family("groq", GPT_OSS, [
    ["openai/gpt-oss-120b", 131_072, 65_536],
    ["openai/gpt-oss-20b", 131_072, 65_536],
    ["openai/gpt-oss-safeguard-20b", 131_072, 65_536],
  ]),
  ...family("groq", VISION, [
    ["meta-llama/llama-4-scout-17b-16e-instruct", 131_072, 8_192],
    ["meta-llama/llama-4-maverick-17b-128e-instruct", 131_072, 8_192],
  ]),
  ...family("groq", KIMI, [["moonshotai/kimi-k2-instruct-0905", 262_144, 16_384]]),
  // Ten seconds are billed for any shorter recording.
  ...taskFamily("groq", { kind: "transcription", bound: { unit: "audio_ms", minimumAudioMs: 10_000n } }, [
    ["whisper-large-v3", 0],
    ["whisper-large-v3-turbo", 0],
  ]),
];

import { createHash } from "node:crypto";
import type { ModelEntry } from "../../provider.ts";
import { effortAmong } from "../openai/effort.ts";
import type { OnlyFields } from "../openai/options.ts";

/** The fields of its published schema, which allows no others. */
export const only: OnlyFields = {
  body: new Set([
    "temperature",
    "top_p",
    "max_tokens",
    "stop",
    "random_seed",
    "metadata",
    "response_format",
    "tools",
    "tool_choice",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "prediction",
    "parallel_tool_calls",
    "prompt_mode",
    "reasoning_effort",
    "guardrails",
    "prompt_cache_key",
    "safe_prompt",
  ]),
  message: new Set(["prefix"]),
  part: new Set(["input_audio", "file", "document_url", "reference", "thinking"]),
};

const ID = /^[A-Za-z0-9]{9}$/;

/** Its tool-call ids are nine letters or digits; ids of other origin are replaced, the same one always by the same. */
export function toolCallId(id: string): string {
  if (ID.test(id)) return id;
  const digest = createHash("sha256").update(id).digest("base64");
  return digest.replace(/[^A-Za-z0-9]/g, "").slice(0, 9);
}

const EFFORTS = ["none", "high"];

/** Thinking can be switched on some models; Magistral always thinks, the others never do. */
export const reasoning = effortAmong((model: ModelEntry) =>
  /^mistral-(?:small-2603|small-latest|medium-2604)/.test(model.id) ? EFFORTS : [],
);

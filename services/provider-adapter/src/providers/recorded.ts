import type { AnswerReaders, ProviderSettings } from "../provider.ts";
import { anthropicMessages } from "./anthropic/compatible.ts";
import { bedrock } from "./bedrock/index.ts";
import { cohereFirst } from "./cohere/first.ts";
import { cohere } from "./cohere/index.ts";
import { geminiGenerate } from "./gemini/compatible.ts";
import { ollamaNative } from "./ollama/native.ts";
import { openaiCompatible } from "./openai/compatible.ts";
import { openaiResponses } from "./openai/responses/index.ts";
import { qwenNative } from "./qwen/native.ts";
import { PROVIDERS } from "./registry.ts";

const UNSET: ProviderSettings = { baseUrl: undefined, abandon: undefined };

/** Makes a provider of one wire that is not built in, from its name alone: enough to read what it answered. */
const WIRES: Readonly<Record<string, (name: string) => AnswerReaders>> = {
  chat: (name) => openaiCompatible({ name, baseUrl: undefined, models: [] }),
  completions: (name) => openaiCompatible({ name, baseUrl: undefined, models: [] }),
  messages: (name) => anthropicMessages({ name, baseUrl: undefined, models: [] }),
  responses: openaiResponses,
  generate_content: (name) => geminiGenerate({ name, baseUrl: undefined, models: [] }),
  converse: () => bedrock(UNSET),
  chat_v2: () => cohere(UNSET),
  chat_v1: cohereFirst,
  ollama_chat: ollamaNative,
  dashscope: qwenNative,
};

/** Built-in providers whose own wire is not chat completions. */
const OTHER_WIRES: Readonly<Record<string, string>> = {
  anthropic: "messages",
  bedrock: "converse",
  cohere: "chat_v2",
  gemini: "generate_content",
  vertex: "generate_content",
};

/** Recordings name a company or another door where the same provider has a name of its own here. */
const ALIASES: Readonly<Record<string, string>> = {
  alibaba: "qwen",
  dashscope: "qwen",
  google: "gemini",
  "x.ai": "xai",
};

/** Wires of recordings that can be read. */
export const RECORDED_APIS: readonly string[] = Object.keys(WIRES);

/** The wire a provider speaks, by its name or one it goes by in recordings: "chat" unless it is known to have its own. */
export function wireOf(name: string): string {
  const known = Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name;
  return (Object.hasOwn(OTHER_WIRES, known) ? OTHER_WIRES[known] : undefined) ?? "chat";
}

/**
 * The provider whose reader understands what `name` answered on one wire: the built-in one if it speaks that wire, else the wire's base.
 * Undefined if nobody reads that wire.
 */
export function recordedProvider(name: string, api: string): AnswerReaders | undefined {
  const base = Object.hasOwn(WIRES, api) ? WIRES[api] : undefined;
  if (base === undefined) return undefined;
  const known = Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name;
  const make = Object.hasOwn(PROVIDERS, known) ? PROVIDERS[known] : undefined;
  const wire = Object.hasOwn(OTHER_WIRES, known) ? OTHER_WIRES[known] : "chat";
  return make !== undefined && wire === api ? make(UNSET) : base(name);
}

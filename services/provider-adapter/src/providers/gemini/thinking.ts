import type { ReasoningOptions } from "@sluice/proto/chat/v1/chat";
import type { ModelEntry } from "../../provider.ts";
import { parseExtra, type Warnings } from "../openai/warnings.ts";
import { isObject } from "./wire.ts";

/** How a model's thinking is steered: by tokens, by a word, or not at all. */
export type Thinking =
  | { readonly kind: "none" }
  | { readonly kind: "budget"; readonly min: number; readonly max: number; readonly off: boolean }
  | { readonly kind: "level"; readonly levels: readonly Level[] };

type Level = "minimal" | "low" | "medium" | "high";

const LEVELS: readonly Level[] = ["minimal", "low", "medium", "high"];
const NONE: Thinking = { kind: "none" };
const WITHOUT = /-(?:image|tts|live|native-audio|embedding)|^gemma|^gemini-(?:1\.|2\.0)/;

/** What is known by name; https://ai.google.dev/gemini-api/docs/thinking. The first pattern that fits decides. */
const BY_NAME: readonly (readonly [RegExp, Thinking])[] = [
  [WITHOUT, NONE],
  [/^gemini-2\.5-pro/, { kind: "budget", min: 128, max: 32_768, off: false }],
  [/^gemini-2\.5-flash-lite/, { kind: "budget", min: 512, max: 24_576, off: true }],
  [/^gemini-2\.5/, { kind: "budget", min: 0, max: 24_576, off: true }],
  // These names move on: a budget is what every generation takes.
  [/^gemini-(?:flash-lite|flash)-latest/, { kind: "budget", min: 512, max: 24_576, off: true }],
  [/^gemini-pro-latest/, { kind: "budget", min: 128, max: 32_768, off: false }],
  [/^gemini-3-pro/, { kind: "level", levels: ["low", "high"] }],
  [/^gemini-3\.1-pro/, { kind: "level", levels: ["low", "medium", "high"] }],
  [/^gemini-(?:[3-9]|\d\d)/, { kind: "level", levels: LEVELS }],
];

/** How the model thinks; models nobody knows by name think by level if they are said to reason. */
export function thinkingOf(entry: ModelEntry): Thinking {
  const known = BY_NAME.find(([pattern]) => pattern.test(entry.id));
  if (known !== undefined) return known[1];
  return entry.capabilities.includes("reasoning") ? { kind: "level", levels: LEVELS } : NONE;
}

/** Tokens per word, as Google's own OpenAI-compatible door counts them. */
const TOKENS: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

function budgetOf(
  wish: ReasoningOptions,
  thinking: Thinking & { kind: "budget" },
  warnings: Warnings,
): number | undefined {
  const wanted = wish.maxTokens === undefined ? TOKENS[wish.effort ?? ""] : Number(wish.maxTokens);
  if (wanted === undefined) return undefined;
  if (wanted === 0 && thinking.off) return 0;
  const given = Math.min(thinking.max, Math.max(thinking.min, wanted));
  if (given !== wanted && (wanted === 0 || wish.maxTokens !== undefined)) {
    warnings.say(
      `This model thinks with ${thinking.min} to ${thinking.max} tokens: ${given} were asked for instead of ${wanted}.`,
    );
  }
  return given;
}

function wantedLevel(wish: ReasoningOptions): Level | undefined {
  const { effort, maxTokens } = wish;
  if (maxTokens !== undefined) return maxTokens <= 1_024n ? "low" : maxTokens <= 8_192n ? "medium" : "high";
  if (effort === "none") return "minimal";
  if (effort === "xhigh" || effort === "max") return "high";
  return LEVELS.find((level) => level === effort);
}

function levelOf(wish: ReasoningOptions, levels: readonly Level[], warnings: Warnings): string | undefined {
  const wanted = wantedLevel(wish);
  if (wanted === undefined) return undefined;
  const given = levels.find((level) => LEVELS.indexOf(level) >= LEVELS.indexOf(wanted)) ?? levels.at(-1) ?? wanted;
  if (wish.maxTokens !== undefined) {
    warnings.say(`A token limit for reasoning was emulated by the thinking level ${given}.`);
  } else if (wish.effort === "none" || given !== wanted) {
    warnings.say(`This model does not think at effort ${wish.effort}: the thinking level ${given} was asked for.`);
  }
  return given.toUpperCase();
}

/** `thinkingConfig` as a caller of this very dialect wrote it; undefined if the model thinks in another way. */
export function exactThinking(
  wish: ReasoningOptions | undefined,
  thinking: Thinking,
): Readonly<Record<string, unknown>> | undefined {
  if (wish?.exactJson === undefined) return undefined;
  const { thinkingConfig: config } = parseExtra(wish.exactJson, "generationConfig.thinkingConfig") ?? {};
  if (!isObject(config)) return undefined;
  // Models that think by level take a number of tokens too, but not the other way round.
  return thinking.kind === "budget" && config["thinkingLevel"] !== undefined ? undefined : config;
}

/**
 * `thinkingConfig` for a wish; undefined leaves it out. Thoughts are shown to whoever asks for thinking, unless told not to: they cost
 * nothing more.
 */
export function mapThinking(
  wish: ReasoningOptions | undefined,
  thinking: Thinking,
  warnings: Warnings,
): Record<string, unknown> | undefined {
  if (wish === undefined) return undefined;
  const { effort, maxTokens, include, summary } = wish;
  const off = effort === "none" || maxTokens === 0n;
  if (thinking.kind === "none") {
    if (!off && (effort !== undefined || maxTokens !== undefined)) warnings.dropped("Reasoning by this model");
    return undefined;
  }
  if (effort !== undefined && !Object.hasOwn(TOKENS, effort)) warnings.dropped(`The reasoning effort ${effort}`);
  const asked = effort !== undefined || maxTokens !== undefined || summary !== undefined;
  const config: Record<string, unknown> = {};
  if (thinking.kind === "budget") {
    const budget = budgetOf(wish, thinking, warnings);
    if (budget !== undefined) config["thinkingBudget"] = budget;
  } else {
    const level = levelOf(wish, thinking.levels, warnings);
    if (level !== undefined) config["thinkingLevel"] = level;
  }
  if (include ?? (asked && !off)) config["includeThoughts"] = true;
  return Object.keys(config).length === 0 ? undefined : config;
}

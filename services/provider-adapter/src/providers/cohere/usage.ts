import { Usage } from "@sluice/proto/common/v1/usage";
import { isCount } from "../figures.ts";
import { isObject } from "../openai/wire.ts";

/** A provider's usage in disjoint classes; absent when it gave none that can be believed. */
export interface MappedUsage {
  readonly usage: Usage | undefined;
  /** Sentences for the log about figures that were not believed. */
  readonly problems: readonly string[];
}

/** Longest usage object kept for audit, in characters. */
const RAW_MAX = 4_096;

/**
 * Cohere counts twice: what its tokenizer made, with texts of its own around the prompt, and what it bills. The latter counts; its
 * figures of cached tokens belong to the former. https://docs.cohere.com/docs/how-does-cohere-pricing-work
 */
export function mapUsage(wire: unknown): MappedUsage {
  const problems: string[] = [];
  if (!isObject(wire)) return { usage: undefined, problems };
  const tokens = isObject(wire["tokens"]) ? wire["tokens"] : {};
  const units = isObject(wire["billed_units"]) ? wire["billed_units"] : tokens;
  const read = (from: Readonly<Record<string, unknown>>, name: string): bigint | undefined => {
    const value = from[name];
    if (typeof value !== "number") return undefined;
    if (isCount(value)) return BigInt(value);
    problems.push(`The provider reported ${name} = ${value}; it was taken as not reported.`);
    return undefined;
  };
  const input = read(units, "input_tokens");
  const output = read(units, "output_tokens");
  if (input === undefined || output === undefined) {
    if (problems.length === 0) problems.push("The provider's usage lacks input_tokens or output_tokens.");
    return { usage: undefined, problems };
  }
  const raw = JSON.stringify(wire);
  const usage = Usage.create({ inputTokens: input, outputTokens: output, rawJson: raw.length > RAW_MAX ? "" : raw });
  const thinking = read(tokens, "reasoning_tokens");
  // They are the tokenizer's count: of what is billed they cannot be more.
  if (thinking !== undefined) usage.reasoningTokens = BigInt(Math.min(Number(thinking), Number(output)));
  return { usage, problems };
}

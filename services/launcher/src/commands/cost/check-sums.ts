import { inputTokensOf, outputTokensOf } from "@sluice/ledger/prices";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { countIn, objectIn, type WireObject, wrong } from "./figures.ts";

/**
 * Refuses usage whose figures contradict each other. In a live answer readers let some of that pass, because something has to be billed.
 * @throws invalid_request naming the field
 */
export function checkSums(wire: WireObject, usage: Usage): void {
  const output = outputTokensOf(usage);
  // Some estimate their reasoning tokens apart from what they bill: a total that adds up without them settles it.
  const settled = countIn(wire, "total_tokens") !== undefined;
  if (!settled && (usage.reasoningTokens ?? 0n) > output) {
    throw wrong("usage", "has more reasoning tokens than output tokens");
  }
  for (const name of ["total_tokens", "totalTokens"]) checkTotal(wire, name, tokensOf(usage));
  checkTotal(wire, "totalTokenCount", partsIn(wire));
  checkCacheRead(wire);
  checkCacheWrites(wire, usage);
}

/** Tokens of every class. */
export function tokensOf(usage: Usage): bigint {
  return inputTokensOf(usage) + outputTokensOf(usage);
}

/** @throws invalid_request if a total is there that is not the sum of its parts: one of the figures is wrong, or something is missing */
export function checkTotal(wire: WireObject, name: string, sum: bigint): void {
  const total = countIn(wire, name);
  if (total === undefined || BigInt(total) === sum) return;
  const relation = BigInt(total) < sum ? "less" : "more";
  throw wrong(`usage.${name}`, `is ${total}, ${relation} than the ${sum} of its parts`);
}

function partsIn(wire: WireObject): bigint {
  const names = ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount"];
  return BigInt(names.reduce((sum, name) => sum + (countIn(wire, name) ?? 0), 0));
}

/** One figure goes by several names, and some tell it twice. */
function checkCacheRead(wire: WireObject): void {
  const hit = countIn(wire, "prompt_cache_hit_tokens");
  const miss = countIn(wire, "prompt_cache_miss_tokens");
  const prompt = countIn(wire, "prompt_tokens");
  if (hit !== undefined && miss !== undefined && prompt !== undefined && hit + miss !== prompt) {
    throw wrong("usage.prompt_cache_miss_tokens", `and the hits are ${hit + miss}, but prompt_tokens is ${prompt}`);
  }
  const told = countIn(objectIn(wire, "prompt_tokens_details"), "cached_tokens");
  for (const name of ["prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens"]) {
    const count = countIn(wire, name);
    if (count !== undefined && told !== undefined && count !== told) {
      throw wrong(`usage.${name}`, `is ${count}, but prompt_tokens_details has ${told}`);
    }
  }
}

function checkCacheWrites(wire: WireObject, usage: Usage): void {
  const writes = objectIn(wire, "cache_creation");
  const written = (usage.cacheWrite5mTokens ?? 0n) + (usage.cacheWrite1hTokens ?? 0n);
  const parts =
    (countIn(writes, "ephemeral_5m_input_tokens") ?? 0) + (countIn(writes, "ephemeral_1h_input_tokens") ?? 0);
  if (!Array.isArray(wire["iterations"]) && BigInt(parts) > written) {
    throw wrong("usage.cache_creation", `has ${parts} tokens, more than cache_creation_input_tokens`);
  }
}

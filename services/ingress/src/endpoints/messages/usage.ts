import type { Usage } from "@sluice/proto/common/v1/usage";
import { parseExtra } from "../chat-completions/response.ts";

type UsageBody = Readonly<Record<string, unknown>>;

/** What the usage of an answer without figures says: the fields must be there. */
const NOTHING: UsageBody = { input_tokens: 0, output_tokens: 0 };

/**
 * Anthropic's `usage` object: the classes are disjoint there as well. What a provider of this dialect counted itself stays as it is; an
 * absent class was not reported and is null.
 */
export function toUsageBody(usage: Usage | undefined, native: boolean, serviceTier: string): UsageBody {
  if (usage === undefined) return NOTHING;
  const own = native ? ownFigures(usage) : undefined;
  return own ?? { ...figuresOf(usage), ...(serviceTier !== "" && { service_tier: tierWord(serviceTier) }) };
}

/** The provider's own object, if it says what is charged. */
function ownFigures(usage: Usage): UsageBody | undefined {
  const raw = parseExtra(usage.rawJson);
  const { input_tokens: input, output_tokens: output } = raw;
  const same = input === Number(usage.inputTokens) && output === Number(usage.outputTokens);
  return same ? raw : undefined;
}

function figuresOf(usage: Usage): UsageBody {
  const minutes = usage.cacheWrite5mTokens;
  const hour = usage.cacheWrite1hTokens;
  const written = minutes === undefined && hour === undefined ? null : count(minutes) + count(hour);
  return {
    input_tokens: count(usage.inputTokens) + count(usage.inputAudioTokens),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage.cachedInputTokens === undefined ? null : count(usage.cachedInputTokens),
    cache_creation:
      written === null ? null : { ephemeral_5m_input_tokens: count(minutes), ephemeral_1h_input_tokens: count(hour) },
    output_tokens: count(usage.outputTokens) + count(usage.outputAudioTokens),
    output_tokens_details:
      usage.reasoningTokens === undefined ? null : { thinking_tokens: count(usage.reasoningTokens) },
    server_tool_use: serverTools(usage),
  };
}

function serverTools(usage: Usage): UsageBody | null {
  const calls = Object.entries(usage.serverToolCalls);
  if (calls.length === 0) return null;
  return Object.fromEntries(calls.map(([name, number]) => [`${name}_requests`, Number(number)]));
}

const count = (tokens: bigint | undefined): number => Number(tokens ?? 0n);

function tierWord(tier: string): string {
  return tier === "default" || tier === "auto" ? "standard" : tier;
}

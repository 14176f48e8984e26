import type { Usage } from "@sluice/proto/common/v1/usage";
import { toUsageBody } from "../chat-completions/usage.ts";

/** The dialect's `usage`: the same counts as in a chat, under other names. Its classes are numbers always: one not reported is zero. */
export function toResponseUsage(usage: Usage | undefined): object | undefined {
  const counted = toUsageBody(usage);
  if (counted === undefined) return undefined;
  const { prompt_tokens_details: input, completion_tokens_details: output } = counted;
  return {
    input_tokens: counted.prompt_tokens,
    input_tokens_details: {
      cached_tokens: input["cached_tokens"] ?? 0,
      cache_write_tokens: input["cache_write_tokens"] ?? 0,
    },
    output_tokens: counted.completion_tokens,
    output_tokens_details: { reasoning_tokens: output["reasoning_tokens"] ?? 0 },
    total_tokens: counted.total_tokens,
  };
}

import { SluiceError } from "@sluice/platform/errors";
import { Usage } from "@sluice/proto/common/v1/usage";
import { z } from "zod";
import type { FoundUsage, UsageLookUp } from "../../provider.ts";

const answer = z.object({
  data: z.object({
    prompt_tokens: z.int().min(0),
    completion_tokens: z.int().min(0),
    reasoning_tokens: z.int().min(0),
  }),
});

/** The simulator tells what a request cost by the caller's own id; it does not know requests that never reached it. */
export const usageLookUp: UsageLookUp = {
  path: (attemptId) => `/generation?client_request_id=${encodeURIComponent(attemptId)}`,
  read({ status, body }): FoundUsage {
    if (status === 404) return { usage: undefined };
    const parsed = answer.safeParse(body);
    if (status !== 200 || !parsed.success) {
      throw new SluiceError(
        "upstream_bad_response",
        `The simulator answered the question for a bill with HTTP ${status}.`,
      );
    }
    const { prompt_tokens, completion_tokens, reasoning_tokens } = parsed.data.data;
    return {
      usage: Usage.fromPartial({
        inputTokens: BigInt(prompt_tokens),
        outputTokens: BigInt(completion_tokens),
        reasoningTokens: BigInt(reasoning_tokens),
      }),
    };
  },
};

/** Headers of every answer, in the names OpenAI uses; `openai-processing-ms` is the time until the head was written. */
export function wireHeaders(requestId: string, processingMs: number): Record<string, string> {
  return {
    "x-simulated": "true",
    "x-request-id": requestId,
    "openai-version": "2020-10-01",
    "openai-processing-ms": String(Math.round(processingMs)),
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "30000000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "29999900",
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "0s",
  };
}

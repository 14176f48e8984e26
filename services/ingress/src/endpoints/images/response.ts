import type { Usage } from "@sluice/proto/common/v1/usage";
import type { GeneratedImage, ImageResult } from "@sluice/proto/tasks/v1/tasks";
import type { WholeResult } from "../../tasks/task-dialect.ts";
import { tokensRead } from "../../tasks/tokens-read.ts";
import { parseExtra } from "../chat-completions/response.ts";

/** Images in OpenAI's shape, with what they took where that was counted in tokens. */
export function imagesBody(
  { images, createdAtS, extraJson }: ImageResult,
  { summary, receivedAtS }: WholeResult,
): object {
  return {
    ...parseExtra(extraJson),
    created: createdAtS === 0n ? receivedAtS : Number(createdAtS),
    data: images.map(imageBody),
    usage: usageBody(summary.usage),
  };
}

function imageBody({ source, revisedPrompt }: GeneratedImage): object {
  const shown = source?.$case === "url" ? { url: source.value } : { b64_json: source?.value ?? "" };
  return { ...shown, ...(revisedPrompt !== "" && { revised_prompt: revisedPrompt }) };
}

function usageBody(usage: Usage | undefined): object | undefined {
  if (usage?.outputImageTokens === undefined) return undefined;
  const input = tokensRead(usage);
  const images = Number(usage.inputImageTokens ?? 0n);
  const output = Number(usage.outputImageTokens + (usage.outputTokens ?? 0n));
  return {
    input_tokens: input,
    input_tokens_details: { text_tokens: input - images, image_tokens: images },
    output_tokens: output,
    total_tokens: input + output,
  };
}

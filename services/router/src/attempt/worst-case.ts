import type { Usage } from "@sluice/proto/common/v1/usage";
import type { CatalogModel } from "@sluice/proto/provider/v1/provider_service";
import { boundOutput, type OutputBound } from "../bound/output-bound.ts";
import type { PromptBound } from "../bound/prompt-bounds.ts";
import { boundTask } from "../bound/task-bound.ts";
import type { EngineDependencies, RoutedRequest } from "./types.ts";

/** The most an attempt can cost, in tokens. */
export interface WorstCase {
  readonly input: PromptBound;
  readonly output: OutputBound;
  /** Flat amount for what cannot be bounded, in nano-USD; 0 if everything can, or nothing is held for it. */
  readonly extraNanousd: bigint;
  /** What is asked for beside tokens of text; absent for chats. */
  readonly units?: Usage | undefined;
}

/** What a request is bounded by: enough of a routed one to say what it would cost. */
export type BoundedRequest = Pick<RoutedRequest, "chat" | "settings" | "task">;

/** Bounds one attempt of a request on one candidate. */
export async function worstCase(
  { bounds }: Pick<EngineDependencies, "bounds">,
  { chat, settings, task }: BoundedRequest,
  candidate: CatalogModel,
): Promise<WorstCase> {
  const bounding = bounds.bound(chat, candidate);
  const input = bounding instanceof Promise ? await bounding : bounding;
  if (task !== undefined) {
    const bounded = boundTask(task, candidate, input);
    return { ...bounded, extraNanousd: bounded.input.unbounded.length > 0 ? settings.unboundedHoldNanousd : 0n };
  }
  const output = boundOutput({
    chat,
    modelLimit: Number(candidate.maxOutputTokens),
    reasoning: candidate.capabilities.includes("reasoning"),
    defaultTokens: settings.defaultOutputTokens,
    defaultTokensReasoning: settings.defaultOutputTokensReasoning,
  });
  const extraNanousd = input.unbounded.length > 0 ? settings.unboundedHoldNanousd : 0n;
  return { input, output, extraNanousd };
}

/** What the caller is told of what could not be bounded. */
export function unboundedWarnings({ input, extraNanousd }: WorstCase): readonly string[] {
  const held = extraNanousd > 0n ? "a flat amount is held for it" : "it is not held";
  return input.unbounded.map((what) => `the cost of ${what} cannot be bounded: ${held}`);
}

import type { AccumulatedAnswer } from "@sluice/platform/chat";
import { FinishReason } from "@sluice/proto/chat/v1/chat";

/** How an exchange went, in one word. */
export type Outcome = "ok" | "refused" | "blocked" | "empty" | "truncated" | "error";

/** The word some wires have for a model that declines, where others only fill a field of its own. */
const DECLINED = "refusal";

/** Says how an answer that came whole went; the first choice decides. Who stopped it says more than what is there. */
export function outcomeOf(choices: readonly AccumulatedAnswer[]): Outcome {
  const [choice] = choices;
  if (choice === undefined) return "empty";
  const { finish, refusal, text, toolCalls, audio, extra } = choice;
  if ((refusal ?? "") !== "" || finish?.rawReason === DECLINED) return "refused";
  if (finish?.reason === FinishReason.FINISH_REASON_CONTENT_FILTER) return "blocked";
  if (finish?.reason === FinishReason.FINISH_REASON_LENGTH) return "truncated";
  const something = text.trim() !== "" || toolCalls.length > 0 || audio !== undefined || "function_call" in extra;
  return something ? "ok" : "empty";
}

/** The provider's word for why it failed, if a choice ended that way although nothing else says so. */
export function failedChoice(choices: readonly AccumulatedAnswer[]): string | undefined {
  const failed = choices.find(({ finish }) => finish?.reason === FinishReason.FINISH_REASON_ERROR);
  return failed?.finish?.rawReason;
}

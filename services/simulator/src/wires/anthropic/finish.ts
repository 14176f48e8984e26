import type { Choice, Finish } from "../../answer/types.ts";

const REASONS: Readonly<Record<Finish, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  refused: "refusal",
};

const DETAILS = {
  type: "refusal",
  category: "general_harms",
  explanation: "This request was declined because the model's name asks for it.",
};

/** How an answer says why it ended. */
export function finishBody(choice: Choice | undefined) {
  const finish = choice?.finish ?? "stop";
  const sequence = choice?.stopSequence;
  return {
    stop_reason: sequence === undefined ? REASONS[finish] : "stop_sequence",
    stop_sequence: sequence ?? null,
    stop_details: finish === "refused" ? DETAILS : null,
  };
}

import type { Refusal } from "../../serve/wire.ts";
import { type Body, object } from "../values.ts";
import { invalid } from "./errors.ts";

const BUDGET_LEAST = 1_024;
const BUDGET_LOW = 2_048;
const BUDGET_MEDIUM = 8_192;

/** Reads how much to think, as an effort word. */
export function readThinking(body: Body): { readonly effort: string } | Refusal {
  const { type, budget_tokens: budget } = object(body["thinking"]);
  const effort = object(body["output_config"])["effort"];
  const asked = typeof effort === "string" ? effort : "medium";
  if (type === "disabled") return { effort: "none" };
  if (type === undefined || type === "adaptive") return { effort: asked };
  if (type !== "enabled") {
    return invalid(
      `thinking: Input tag '${String(type).slice(0, 64)}' found using 'type' does not match any of the expected tags: 'disabled', 'enabled', 'adaptive'`,
    );
  }
  if (typeof budget !== "number") return invalid("thinking.enabled.budget_tokens: Field required");
  if (budget < BUDGET_LEAST) {
    return invalid(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${BUDGET_LEAST}`);
  }
  const wrong = conflict(body, budget);
  if (wrong !== undefined) return wrong;
  return { effort: budget <= BUDGET_LOW ? "low" : budget <= BUDGET_MEDIUM ? "medium" : "high" };
}

/** What cannot be asked for together with a budget to think with. */
function conflict(body: Body, budget: number): Refusal | undefined {
  const { max_tokens: limit, temperature, top_k: topK } = body;
  if (typeof limit === "number" && limit <= budget) {
    return invalid("`max_tokens` must be greater than `thinking.budget_tokens`.");
  }
  if (typeof temperature === "number" && temperature !== 1) {
    return invalid("`temperature` may only be set to 1 when thinking is enabled.");
  }
  if (typeof topK === "number") return invalid("`top_k` must be unset when thinking is enabled.");
  const choice = object(body["tool_choice"])["type"];
  if (choice === "any" || choice === "tool") {
    return invalid("Thinking may not be enabled when tool_choice forces tool use.");
  }
  return undefined;
}

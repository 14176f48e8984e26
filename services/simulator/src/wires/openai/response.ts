import type { Answer, Choice, Finish } from "../../answer/types.ts";
import type { AnswerIdentity } from "./identity.ts";
import { tokenLogprob } from "./logprobs.ts";
import type { ChatRequest } from "./options.ts";
import { usageBody } from "./usage.ts";

interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; arguments: string };
}

/** The body of a plain answer. */
export function completionBody(chat: ChatRequest, answer: Answer, identity: AnswerIdentity) {
  return {
    id: identity.id,
    object: "chat.completion",
    created: identity.created,
    model: identity.model,
    choices: answer.choices.map((choice) => choiceBody(chat, choice)),
    ...(chat.ask.model.faults.has("no-usage") ? {} : { usage: usageBody(chat.ask, answer) }),
    service_tier: identity.serviceTier,
    system_fingerprint: identity.fingerprint,
  };
}

/** The wire's word for why an answer ended. */
export function finishReason(finish: Finish): string {
  return finish === "refused" ? "content_filter" : finish;
}

function choiceBody(chat: ChatRequest, choice: Choice) {
  const { message, calls, contents } = gather(choice);
  const { topLogprobs } = chat.options;
  const logprobs =
    topLogprobs === undefined || contents.length === 0
      ? null
      : { content: contents.map((token, at) => tokenLogprob(token, topLogprobs, chat.ask.seed + at)), refusal: null };
  return {
    index: choice.index,
    message: { role: "assistant", ...message, ...(calls.length === 0 ? {} : { tool_calls: calls }), annotations: [] },
    logprobs,
    finish_reason: finishReason(choice.finish),
  };
}

/** Joins the pieces of a choice to the fields of its message. */
function gather(choice: Choice) {
  const contents: string[] = [];
  const calls: ToolCall[] = [];
  let refusal = "";
  let reasoning = "";
  for (const piece of choice.pieces) {
    if (piece.kind === "content") contents.push(piece.text);
    else if (piece.kind === "refusal") refusal += piece.text;
    else if (piece.kind === "reasoning") reasoning += piece.text;
    else if (piece.kind === "tool-start") {
      calls.push({ id: piece.id, type: "function", function: { name: piece.name, arguments: "" } });
    } else if (piece.kind === "tool-arguments") {
      const call = calls[piece.call];
      if (call !== undefined) call.function.arguments += piece.text;
    }
  }
  const content = calls.length > 0 || refusal !== "" ? null : contents.join("");
  const message = {
    content,
    refusal: refusal === "" ? null : refusal,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
  };
  return { contents, calls, message };
}

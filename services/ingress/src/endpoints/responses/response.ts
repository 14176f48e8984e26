import { type FinishChunk, FinishReason } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import { tierWord } from "../chat-completions/words.ts";
import type { ResponseRequestBody, ToolBody } from "./schema.ts";
import { toResponseUsage } from "./usage.ts";

/** What is known of a response at one moment. */
export interface ResponseState {
  readonly id: string;
  readonly createdAtS: number;
  readonly model: string;
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  /** True if it is, or will be, kept. */
  readonly store: boolean;
  readonly output: readonly object[];
  readonly completedAtS?: number;
  readonly incompleteReason?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly usage?: Usage | undefined;
  readonly serviceTier?: string;
}

/** How an answer's end is told: the dialect has no finish reasons. */
export type Ending = Pick<ResponseState, "status" | "incompleteReason" | "error">;

/** How a finished answer ended. */
export function endingOf(finish: FinishChunk | undefined): Ending {
  switch (finish?.reason) {
    case FinishReason.FINISH_REASON_LENGTH:
      return { status: "incomplete", incompleteReason: "max_output_tokens" };
    case FinishReason.FINISH_REASON_CONTENT_FILTER:
      return { status: "incomplete", incompleteReason: "content_filter" };
    case FinishReason.FINISH_REASON_ERROR:
      return {
        status: "failed",
        error: { code: "server_error", message: "The provider says that its answer failed." },
      };
    default:
      return { status: "completed" };
  }
}

/** Makes the parts of a response that the request alone decides; the returned function adds the rest. */
export function responseBodyOf(asked: ResponseRequestBody): (state: ResponseState) => object {
  const echo = {
    background: false,
    instructions: asked.instructions ?? null,
    max_output_tokens: asked.max_output_tokens ?? null,
    max_tool_calls: asked.max_tool_calls ?? null,
    metadata: asked.metadata ?? {},
    parallel_tool_calls: asked.parallel_tool_calls ?? true,
    previous_response_id: asked.previous_response_id ?? null,
    prompt_cache_key: asked.prompt_cache_key ?? null,
    reasoning: {
      ...asked.reasoning,
      effort: asked.reasoning?.effort ?? null,
      summary: asked.reasoning?.summary ?? null,
    },
    safety_identifier: asked.safety_identifier ?? null,
    temperature: asked.temperature ?? null,
    text: { ...asked.text, format: asked.text?.format ?? { type: "text" } },
    tool_choice: asked.tool_choice ?? "auto",
    tools: (asked.tools ?? []).map(toolBody),
    top_logprobs: asked.top_logprobs ?? 0,
    top_p: asked.top_p ?? null,
    truncation: asked.truncation ?? "disabled",
    user: asked.user ?? undefined,
  };
  return (state) => ({
    id: state.id,
    object: "response",
    created_at: state.createdAtS,
    status: state.status,
    completed_at: state.completedAtS ?? null,
    error: state.error ?? null,
    incomplete_details: state.incompleteReason === undefined ? null : { reason: state.incompleteReason },
    model: state.model,
    output: state.output,
    ...echo,
    service_tier: tierOf(state.serviceTier ?? "", asked),
    store: state.store,
    usage: toResponseUsage(state.usage),
  });
}

function tierOf(used: string, { service_tier: asked }: ResponseRequestBody): string | undefined {
  return tierWord(used === "" ? (asked ?? "") : used);
}

function toolBody(tool: ToolBody): object {
  if (tool.type !== "function") return tool;
  const { description = null, parameters = null, strict = null } = tool;
  return { ...tool, description, parameters, strict };
}

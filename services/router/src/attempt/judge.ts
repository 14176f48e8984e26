import type { Accumulator } from "@sluice/platform/chat";
import { type ChatChunk, ChatRequest, FinishReason, ToolCall } from "@sluice/proto/chat/v1/chat";
import type { ErrorDetail } from "@sluice/proto/common/v1/error_detail";
import {
  Answer,
  CheckRequest,
  type CheckResponse,
  Decision,
  Level,
  type Phase,
} from "@sluice/proto/validator/v1/validator_service";
import type { Attempt, EngineDependencies, RoutedRequest } from "./types.ts";

/** The router's view of a judgement; `unvalidated` means nobody could judge in time. */
export interface Judgement {
  readonly verdict: "pass" | "repair" | "fail" | "undecided" | "unvalidated";
  readonly reason: string;
}

export interface JudgeInput {
  readonly request: RoutedRequest;
  readonly attempt: Attempt;
  readonly answer: Accumulator;
  readonly phase: Phase;
  readonly error?: ErrorDetail | undefined;
}

/** Asks the validator about what is known of an answer. Never throws: a validator that is late or away means `unvalidated`. */
export async function judge(dependencies: EngineDependencies, input: JudgeInput): Promise<Judgement> {
  const { request, attempt } = input;
  const deadlineMs = dependencies.config.validation_deadline_ms;
  const checkRequest = CheckRequest.fromPartial({
    attemptId: attempt.id,
    requestId: request.context.requestId,
    tenantId: request.context.tenantId,
    level: request.level,
    phase: input.phase,
    provider: attempt.candidate.provider,
    model: attempt.candidate.model,
    deadlineMs,
  });
  checkRequest.answers = answersOf(input.answer, input.error);
  checkRequest.chat = forChecks(request.chat);
  try {
    const response = await dependencies.validator.check(checkRequest, { signal: request.signal, deadlineMs });
    return { verdict: verdictOf(response), reason: reasonOf(response) };
  } catch (error) {
    dependencies.log.warn({ err: error, attempt: attempt.id }, "answer not judged");
    return { verdict: "unvalidated", reason: "the validator did not answer in time" };
  }
}

/** True if content-free answers may be judged at all at this level. */
export function judges(level: Level): boolean {
  return level !== Level.LEVEL_OFF;
}

function answersOf(answer: Accumulator, error: ErrorDetail | undefined): Answer[] {
  const answers = answer.answers().map((choice) => {
    const judged = Answer.create();
    judged.text = choice.text;
    judged.refusal = choice.refusal ?? "";
    judged.reasoning = choice.reasoning.map((block) => block.text).join("");
    judged.toolCalls = choice.toolCalls.map((call) => ToolCall.fromPartial(call));
    judged.finishReason = choice.finish?.reason ?? FinishReason.FINISH_REASON_UNSPECIFIED;
    judged.otherContent = choice.audio !== undefined;
    judged.error = error;
    return judged;
  });
  if (answers.length > 0) return answers;
  const nothing = Answer.create();
  nothing.error = error;
  return [nothing];
}

/** The parts of a request that checks look at: formats and tools, not the conversation. */
function forChecks(chat: ChatRequest): ChatRequest {
  const small = ChatRequest.create();
  small.model = chat.model;
  small.tools = chat.tools;
  small.toolChoice = chat.toolChoice;
  small.responseFormat = chat.responseFormat;
  small.stream = chat.stream;
  return small;
}

function verdictOf(response: CheckResponse): Judgement["verdict"] {
  switch (response.decision) {
    case Decision.DECISION_PASS:
      return "pass";
    case Decision.DECISION_REPAIR:
      return "repair";
    case Decision.DECISION_FAIL:
      return "fail";
    case Decision.DECISION_UNDECIDED:
      return "undecided";
    default:
      return "unvalidated";
  }
}

function reasonOf(response: CheckResponse): string {
  return response.reasons
    .filter((reason) => reason.decision === Decision.DECISION_FAIL)
    .map((reason) => `${reason.check}: ${reason.detail}`)
    .join("; ");
}

/** True for chunks that carry an answer rather than its lifecycle. */
export function isFirstContent(chunk: ChatChunk): boolean {
  const kind = chunk.event?.$case;
  return kind === "text" || kind === "toolCall" || kind === "refusal" || kind === "audio" || kind === "reasoning";
}

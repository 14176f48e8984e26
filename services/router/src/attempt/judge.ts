import type { Accumulator } from "@sluice/platform/chat";
import { SluiceError } from "@sluice/platform/errors";
import { type ChatChunk, ChatRequest, FinishReason, ToolCall } from "@sluice/proto/chat/v1/chat";
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
  /** Names of the checks that failed the answer. */
  readonly checks: readonly string[];
  /** For `repair`. */
  readonly repairedText: string;
}

export interface JudgeInput {
  readonly request: RoutedRequest;
  readonly attempt: Attempt;
  readonly answer: Accumulator;
  readonly phase: Phase;
  /** True if the answer may be repaired instead of failed. */
  readonly allowRepair: boolean;
}

/**
 * Asks the validator about what is known of an answer. A validator that is late or away means `unvalidated`.
 * @throws cancelled if the caller left meanwhile: then nothing is to be decided
 */
export async function judge(dependencies: EngineDependencies, input: JudgeInput): Promise<Judgement> {
  const { request, attempt } = input;
  const deadlineMs = dependencies.config.validation_deadline_ms;
  const checkRequest = CheckRequest.create();
  checkRequest.attemptId = attempt.id;
  checkRequest.requestId = request.context.requestId;
  checkRequest.tenantId = request.context.tenantId;
  checkRequest.level = request.level;
  checkRequest.phase = input.phase;
  checkRequest.provider = attempt.candidate.provider;
  checkRequest.model = attempt.candidate.model;
  checkRequest.deadlineMs = deadlineMs;
  checkRequest.allowRepair = input.allowRepair;
  checkRequest.answers = answersOf(input.answer);
  checkRequest.chat = forChecks(request.chat);
  try {
    const response = await dependencies.validator.check(checkRequest, { signal: request.signal, deadlineMs });
    const failed = response.reasons.filter((reason) => reason.decision === Decision.DECISION_FAIL);
    return {
      verdict: verdictOf(response),
      reason: failed.map((reason) => `${reason.check}: ${reason.detail}`).join("; "),
      checks: failed.map((reason) => reason.check),
      repairedText: response.repairedText,
    };
  } catch (error) {
    if (request.signal.aborted) throw new SluiceError("cancelled", "The caller left while its answer was judged.");
    dependencies.log.warn({ err: error, attempt: attempt.id }, "answer not judged");
    return { verdict: "unvalidated", reason: "the validator did not answer in time", checks: [], repairedText: "" };
  }
}

/** True if content-free answers may be judged at all at this level. */
export function judges(level: Level): boolean {
  return level !== Level.LEVEL_OFF;
}

/** Fields without a place in the canonical form that are an answer all the same: older calls of functions, generated images. */
const CONTENT_FIELDS = ["function_call", "images"];

function answersOf(answer: Accumulator): Answer[] {
  const answers = answer.answers().map((choice) => {
    const judged = Answer.create();
    judged.text = choice.text;
    judged.refusal = choice.refusal ?? "";
    judged.reasoning = choice.reasoning.map((block) => block.text).join("");
    judged.toolCalls = choice.toolCalls.map((call) => ToolCall.fromPartial(call));
    judged.finishReason = choice.finish?.reason ?? FinishReason.FINISH_REASON_UNSPECIFIED;
    judged.otherContent =
      choice.audio !== undefined || CONTENT_FIELDS.some((name) => Object.hasOwn(choice.extra, name));
    return judged;
  });
  return answers.length > 0 ? answers : [Answer.create()];
}

/** The parts of a request that checks look at: formats and tools, not the conversation. */
function forChecks(chat: ChatRequest): ChatRequest {
  const small = ChatRequest.create();
  small.model = chat.model;
  small.tools = chat.tools;
  small.toolChoice = chat.toolChoice;
  small.parallelToolCalls = chat.parallelToolCalls;
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

/** True for chunks that carry an answer rather than its lifecycle. */
export function isFirstContent(chunk: ChatChunk): boolean {
  const kind = chunk.event?.$case;
  return kind === "text" || kind === "toolCall" || kind === "refusal" || kind === "audio" || kind === "reasoning";
}

/** True for chunks that show something of an answer, be it in fields of the provider's own. */
export function isVisible(chunk: ChatChunk): boolean {
  return isFirstContent(chunk) || chunk.event?.$case === "annotationsJson" || chunk.extraJson !== "";
}

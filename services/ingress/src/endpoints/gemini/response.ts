import { type ChatChunk, Dialect, type FinishChunk, type StartChunk } from "@sluice/proto/chat/v1/chat";
import type { Usage } from "@sluice/proto/common/v1/usage";
import type { AnswerOpening, WholeAnswer } from "../../answer/printer.ts";
import { parseExtra } from "../chat-completions/response.ts";
import { CandidateParts } from "./answer-parts.ts";
import type { Fields } from "./foreign.ts";
import { toUsageBody } from "./usage.ts";
import { finishReason } from "./words.ts";

/** Puts an answer together as Google's clients know it, whole or piece by piece. */
export class AnswerBuilder {
  private readonly opening: AnswerOpening;
  private readonly candidates = new Map<number, CandidateParts>();
  private readonly finishes = new Map<number, FinishChunk>();
  private start: StartChunk | undefined;
  private usage: Usage | undefined;

  constructor(opening: AnswerOpening) {
    this.opening = opening;
  }

  /** True once there is content, or a candidate has ended. */
  get hasContent(): boolean {
    return this.finishes.size > 0 || [...this.candidates.values()].some(({ any }) => any);
  }

  push(chunk: ChatChunk): void {
    const { event } = chunk;
    if (event?.$case === "start") this.start ??= event.value;
    else if (event?.$case === "usage") this.usage = event.value.usage ?? this.usage;
    else if (event?.$case === "finish") this.finishes.set(chunk.choice, event.value);
    else this.candidateOf(chunk.choice).push(chunk);
  }

  /** What is complete and was not told yet; undefined if that is nothing. */
  piece(): Fields | undefined {
    const candidates: Fields[] = [];
    for (const candidate of this.candidates.values()) {
      const parts = candidate.take();
      if (parts.length > 0) candidates.push({ content: { parts, role: "model" }, index: candidate.index });
    }
    return candidates.length === 0 ? undefined : { candidates, ...this.about() };
  }

  /** The rest, with everything that is only known at the end. */
  rest(usage: Usage | undefined): Fields {
    for (const choice of this.finishes.keys()) this.candidateOf(choice);
    const candidates = [...this.candidates.values()]
      .sort((a, b) => a.index - b.index)
      .filter(({ any }) => any || !this.isBlocked)
      .map((candidate) => this.ended(candidate));
    const usageMetadata = toUsageBody(usage ?? this.usage, this.native);
    return {
      ...(this.native ? parseExtra(this.start?.extraJson ?? "") : {}),
      ...(candidates.length > 0 && { candidates }),
      ...(usageMetadata !== undefined && { usageMetadata }),
      ...this.about(),
    };
  }

  private get native(): boolean {
    return this.start?.dialect === Dialect.DIALECT_GEMINI;
  }

  /** True for a prompt that was blocked: it has no candidates. */
  private get isBlocked(): boolean {
    const { promptFeedback } = this.native ? parseExtra(this.start?.extraJson ?? "") : {};
    if (typeof promptFeedback !== "object" || promptFeedback === null) return false;
    return "blockReason" in promptFeedback || "blockReasonMessage" in promptFeedback;
  }

  private ended(candidate: CandidateParts): Fields {
    candidate.end();
    const finish = this.finishes.get(candidate.index);
    const parts = candidate.take();
    return {
      content: parts.length === 0 ? { role: "model" } : { parts, role: "model" },
      ...(finish !== undefined && { finishReason: finishReason(finish, this.native) }),
      index: candidate.index,
      ...candidate.takeBeside(),
    };
  }

  private about(): Fields {
    const { head, requestId, receivedAtS } = this.opening;
    const seconds = this.start?.createdAtS ? Number(this.start.createdAtS) : this.native ? 0 : receivedAtS;
    return {
      modelVersion: this.start?.model || head.model,
      ...(seconds > 0 && { createTime: new Date(seconds * 1_000).toISOString() }),
      responseId: this.start?.id || requestId,
    };
  }

  private candidateOf(choice: number): CandidateParts {
    let candidate = this.candidates.get(choice);
    if (candidate === undefined) {
      candidate = new CandidateParts(choice, this.opening.head.provider, this.native);
      this.candidates.set(choice, candidate);
    }
    return candidate;
  }
}

/** Prints a whole answer as Google's GenerateContentResponse. */
export function printAnswer(source: WholeAnswer): string {
  const builder = new AnswerBuilder(source);
  for (const chunk of source.chunks) builder.push(chunk);
  return JSON.stringify(builder.rest(source.summary.usage));
}

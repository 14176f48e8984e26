import type { ChatChunk } from "@sluice/proto/chat/v1/chat";

export interface WindowLimits {
  readonly minTokens: number;
  readonly maxTokens: number;
  readonly maxMs: number;
}

/**
 * The hold-back window of a stream: chunks wait here until their start has been judged. A content delta counts as one token.
 * Lifecycle chunks and thinking are held, but are not content.
 */
export class Window {
  readonly #limits: WindowLimits;
  readonly #now: () => number;
  #held: ChatChunk[] = [];
  #tokens = 0;
  #judgedTokens = 0;
  #openedAt: number | undefined;
  #finished = false;

  constructor(limits: WindowLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  add(chunks: readonly ChatChunk[]): void {
    for (const chunk of chunks) {
      this.#held.push(chunk);
      const kind = chunk.event?.$case;
      if (kind === "finish") this.#finished = true;
      else if (isContent(kind)) this.#tokens++;
      if (kind !== undefined && kind !== "start" && kind !== "usage") this.#openedAt ??= this.#now();
    }
  }

  /** True if enough new content is there to ask for a judgement; after a finish chunk the final judgement decides instead. */
  get due(): boolean {
    if (this.#finished) return false;
    return this.#tokens >= this.#limits.minTokens && (this.#tokens >= 2 * this.#judgedTokens || this.full);
  }

  /** True if an undecided start must be let through now. */
  get full(): boolean {
    return this.#tokens >= this.#limits.maxTokens;
  }

  /** Milliseconds until an undecided start is let through; undefined while nothing is held or the answer has ended. */
  get msLeft(): number | undefined {
    if (this.#openedAt === undefined || this.#finished) return undefined;
    return Math.max(0, this.#openedAt + this.#limits.maxMs - this.#now());
  }

  /** Notes that what is held now was judged undecided. */
  judged(): void {
    this.#judgedTokens = this.#tokens;
  }

  /** Puts something else in the place of what is held. */
  replace(change: (held: readonly ChatChunk[]) => ChatChunk[]): void {
    this.#held = change(this.#held);
  }

  /** Hands over what is held and starts empty. */
  release(): ChatChunk[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

function isContent(kind: NonNullable<ChatChunk["event"]>["$case"] | undefined): boolean {
  return kind === "text" || kind === "toolCall" || kind === "refusal" || kind === "audio";
}

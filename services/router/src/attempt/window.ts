import type { ChatChunk } from "@sluice/proto/chat/v1/chat";

export interface WindowLimits {
  readonly minTokens: number;
  readonly maxTokens: number;
  readonly maxMs: number;
  /** How many answers were asked for; default 1. */
  readonly choices?: number;
}

/**
 * The hold-back window of a stream: chunks wait here until their start has been judged. A content delta counts as one token.
 * Lifecycle chunks, thinking and white space are held, but are not content.
 */
export class Window {
  readonly #limits: WindowLimits;
  readonly #now: () => number;
  #held: ChatChunk[] = [];
  #tokens = 0;
  #judgedTokens = 0;
  #openedAt: number | undefined;
  readonly #ended = new Set<number>();

  constructor(limits: WindowLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  add(chunks: readonly ChatChunk[]): void {
    for (const chunk of chunks) {
      this.#held.push(chunk);
      const { event } = chunk;
      if (event === undefined || isLifecycle(event) || isBlank(event)) continue;
      if (event.$case === "finish") this.#ended.add(chunk.choice);
      else if (isContent(event)) this.#tokens++;
      this.#openedAt ??= this.#now();
    }
  }

  /** True if enough new content is there to ask for a judgement; once every choice has ended, the final judgement decides instead. */
  get due(): boolean {
    if (this.#finished) return false;
    return this.#tokens >= this.#limits.minTokens && (this.#tokens >= 2 * this.#judgedTokens || this.full);
  }

  /** True if an undecided start must be let through now. */
  get full(): boolean {
    return this.#tokens >= this.#limits.maxTokens;
  }

  /** True if its time is over. */
  get late(): boolean {
    return this.msLeft === 0;
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

  get #finished(): boolean {
    return this.#ended.size >= (this.#limits.choices ?? 1);
  }

  /** Hands over what is held and starts empty. */
  release(): ChatChunk[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

type ChunkEvent = NonNullable<ChatChunk["event"]>;

function isContent({ $case }: ChunkEvent): boolean {
  return $case === "text" || $case === "toolCall" || $case === "refusal" || $case === "audio";
}

/** What comes around the content, and must not let an answer begin. */
function isLifecycle({ $case }: ChunkEvent): boolean {
  return $case === "start" || $case === "usage" || $case === "wire";
}

/** Nobody misses white space that waits a little longer, and an answer of nothing else must not get through by its length. */
function isBlank(event: ChunkEvent): boolean {
  return event.$case === "text" && event.value.trim() === "";
}

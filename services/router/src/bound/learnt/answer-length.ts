/** Share of its bound an answer is expected to take while nothing is known of a model's answers. */
export const USUAL_SHARE = 1 / 8;
const KNOWN_FROM = 5;
const MEAN_OF = 200;

/** How long a model's answers are: a mean in which old ones fade. */
export class AnswerLength {
  #seen = 0;
  #mean = 0;

  observe(tokens: number): void {
    this.#seen++;
    this.#mean += (tokens - this.#mean) / Math.min(this.#seen, MEAN_OF);
  }

  /** Tokens an answer is expected to take, never more than its bound. */
  expected(bound: number): number {
    const tokens = this.#seen < KNOWN_FROM ? bound * USUAL_SHARE : this.#mean;
    return Math.min(bound, Math.max(1, Math.ceil(tokens)));
  }

  store(): [seen: number, mean: number] {
    return [this.#seen, Math.round(this.#mean * 100) / 100];
  }

  static restore([seen, mean]: readonly [number, number]): AnswerLength {
    const length = new AnswerLength();
    length.#seen = seen;
    length.#mean = mean;
    return length;
  }
}

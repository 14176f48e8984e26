import { Ratio, type StoredRatio } from "./ratio.ts";

/** Texts of fewer tokens say little of the tokenizer: what surrounds them weighs too much. */
const TEXT_TOKENS_MIN = 200;
const MEAN_OF = 500;
/** What short prompts were found to have beside is forgotten by and by. */
const FADE = 0.9995;
const SPARE = 4;

/** What was said of a prompt before it was sent, in tokens. */
export interface SaidPrompt {
  /** The text at most, before the family's factor. */
  readonly text: number;
  /** Everything beside the text. */
  readonly beside: number;
  /** All of it as the weights alone expect it. */
  readonly expected: number;
  /** What was held. */
  readonly bound: number;
}

/** What is kept of a family over a restart. */
export interface StoredFamily {
  readonly usual: number;
  readonly extra: number;
  readonly ratio: StoredRatio;
}

/** What usage has taught about one tokenizer: how far texts go beyond their estimate, and what templates add unasked. */
export class Family {
  readonly ratio: Ratio;
  #usualLog = 0;
  #extra = 0;
  #seen = 0;

  constructor(ratio: Ratio = new Ratio()) {
    this.ratio = ratio;
  }

  /** Factor for what the weights expect; 1 while nothing is known. */
  get usual(): number {
    return Math.exp(this.#usualLog);
  }

  /** Tokens that short prompts were found to have beside what the template is known to add. */
  get extra(): number {
    return Math.ceil(this.#extra);
  }

  observe(said: SaidPrompt, really: number): void {
    this.#seen++;
    const log = Math.log(Math.max(1, really) / Math.max(1, said.expected));
    this.#usualLog += (log - this.#usualLog) / Math.min(this.#seen, MEAN_OF);
    if (said.text >= TEXT_TOKENS_MIN) {
      this.ratio.observe((really - said.beside - this.#extra) / said.text);
      return;
    }
    const over = really - said.text * this.ratio.upper - said.beside - this.#extra;
    if (over > 0) this.#extra += over + SPARE;
    else this.#extra *= FADE;
  }

  store(): StoredFamily {
    return { usual: this.usual, extra: Math.round(this.#extra * 100) / 100, ratio: this.ratio.store() };
  }

  static restore(stored: StoredFamily): Family {
    const family = new Family(Ratio.restore(stored.ratio));
    family.#seen = Math.min(stored.ratio.seen, MEAN_OF);
    family.#usualLog = Math.log(stored.usual);
    family.#extra = stored.extra;
    return family;
  }
}

/**
 * How a language declines. All patterns are tied to the beginning of a sentence, in lower case and with straight quotes, and repeat
 * nothing without a bound: they are run over texts that nobody controls.
 */
export interface Language {
  readonly name: string;
  /** How much more a character says than one of English: decides how long a beginning is waited for. */
  readonly density: number;
  /** What a text that may become a refusal begins with; cheap, and rare in other texts. */
  readonly starts: RegExp;
  /** Declines beyond doubt: "I cannot help with that". */
  readonly declines: RegExp;
  /** Is sorry, or says what stands in the way: a refusal only if one of the next sentences declines. */
  readonly hesitates: RegExp;
  /** Turns to help after all, or lacks only the means: "however, I can tell you", "I cannot provide real-time data". */
  readonly helps: RegExp;
}

/** Lists are help in every language. */
export const LIST = "\\n ?(?:1[.)]|[-*•]) ";

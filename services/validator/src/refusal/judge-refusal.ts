import { chinese, japanese, korean } from "./east-asian.ts";
import { english } from "./english.ts";
import { dutch, german } from "./germanic.ts";
import type { Language } from "./language.ts";
import { french, italian, portuguese, spanish } from "./romance.ts";
import { polish, russian } from "./slavic.ts";

/** Whether a text declines what was asked. `unknown` is only said of beginnings. */
export interface RefusalFinding {
  readonly kind: "none" | "partial" | "full" | "unknown";
  /** Between 0 (answers) and 1 (declines). */
  readonly score: number;
  /** Name of the language; empty with `none`. */
  readonly language: string;
}

const LANGUAGES: readonly Language[] = [
  english,
  german,
  french,
  spanish,
  italian,
  portuguese,
  dutch,
  polish,
  russian,
  chinese,
  japanese,
  korean,
];
const NONE: RefusalFinding = { kind: "none", score: 0, language: "" };
const NOT_BEGUN: RefusalFinding = { kind: "unknown", score: 0.5, language: "" };
/** Enough to see whether a text begins like a refusal at all; nearly none does. */
const START_CHARS = 48;
/** Only the beginning of a text is looked at: who declines says so there. */
const HEAD_CHARS = 700;
/** Fewer characters than this say nothing. */
const BEGUN_CHARS = 5;
/** Sentences in which a refusal may be wrapped before it comes. */
const SENTENCES = 4;
/** A shorter beginning may still become a refusal. */
const DECIDED_CHARS = 100;
/** After this many characters of a text that declined, a turn towards help would have shown. */
const TURN_CHARS = 120;
/** A short text that declines does nothing else. */
const SHORT_CHARS = 400;

/** Says whether a text declines what was asked, in any of twelve languages. `complete` is false for the beginning of a text. */
export function judgeRefusal(text: string, complete: boolean): RefusalFinding {
  const start = plain(text.slice(0, START_CHARS));
  if (!complete && start.length < BEGUN_CHARS) return NOT_BEGUN;
  let head: string | undefined;
  let finding = NONE;
  for (const language of LANGUAGES) {
    if (!language.starts.test(start)) continue;
    head ??= plain(text.slice(0, HEAD_CHARS));
    const judged = judgeIn(language, head, { length: text.length, complete });
    if (judged.score > finding.score) finding = judged;
  }
  return finding;
}

function judgeIn(
  language: Language,
  head: string,
  text: { readonly length: number; readonly complete: boolean },
): RefusalFinding {
  const { name, density } = language;
  const at = declinesAt(language, head);
  if (at < 0) {
    const open = !text.complete && head.length * density < DECIDED_CHARS;
    return open ? { kind: "unknown", score: 0.5, language: name } : NONE;
  }
  const rest = head.slice(at);
  if (language.helps.test(rest)) return { kind: "partial", score: 0.55, language: name };
  if (!text.complete && rest.length * density < TURN_CHARS) return { kind: "unknown", score: 0.7, language: name };
  const short = text.complete && text.length * density <= SHORT_CHARS;
  return { kind: "full", score: short ? 1 : 0.85, language: name };
}

const LEADING = /^[\s"'“”«»「『*_#>()[\]-]+/;

function plain(text: string): string {
  return text.replace(LEADING, "").replaceAll("’", "'").toLowerCase();
}

const SENTENCE_END = /[.!?]["')]*\s+|[。！？][」』]?\s*|\n+/;

/** Where the sentence that declines begins, among the first; -1 if none does. */
function declinesAt(language: Language, head: string): number {
  let at = 0;
  for (let sentence = 0; sentence < SENTENCES; sentence++) {
    const rest = head.slice(at);
    if (language.declines.test(rest)) return at;
    if (!language.hesitates.test(rest)) return -1;
    const end = SENTENCE_END.exec(rest);
    if (end === null) return -1;
    at += end.index + end[0].length;
  }
  return -1;
}

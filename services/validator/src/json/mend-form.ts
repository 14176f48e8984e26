import { endOfString, skipSpace } from "./find-document.ts";

const CONTROLS: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f" };
/** Words of LaTeX whose first letter makes a valid escape: beside escapes that are none, they mean the word. */
const LATEX =
  /^(?:bar|beta|begin|big|binom|bmod|boldsymbol|boxed|bullet|flat|floor|forall|frac|frown|nabla|ne|neg|neq|ni|nmid|not|notin|nu|rangle|rceil|rfloor|rho|right|rightarrow|rm|tan|tanh|tau|text|textbf|tfrac|theta|tilde|times|to|top|triangle)(?![a-z])/;

/**
 * Mends the two faults that are frequent and certain. What a JSON string must not hold as it is becomes an escape: control characters,
 * quotes that do not end the string, backslashes that begin no escape (as in LaTeX); the strings mean what the model wrote. Commas
 * before a closing bracket go. All else stays as it is.
 */
export function mendForm(document: string): string {
  let out = "";
  let copied = 0;
  const stack: string[] = [];
  for (let at = 0; at < document.length; at++) {
    const char = document[at] ?? "";
    if (char === "{" || char === "[") stack.push(char);
    else if (char === "}" || char === "]") stack.pop();
    else if (char === "," && isClosing(document[skipSpace(document, at + 1)])) {
      out += document.slice(copied, at);
      copied = at + 1;
    } else if (char === '"') {
      const end = endOfString(document, at, stack.at(-1) === "{");
      out += document.slice(copied, at + 1) + escapeString(document.slice(at + 1, end));
      copied = end;
      at = end;
    }
  }
  return out + document.slice(copied);
}

function isClosing(char: string | undefined): boolean {
  return char === "}" || char === "]";
}

const CLEAN = /^[^\\"\p{Cc}]*$/u;
const FAULTY_ESCAPE = /\\(?!["\\/bfnrtu])|\\u(?![0-9a-fA-F]{4})/;

function escapeString(inner: string): string {
  if (CLEAN.test(inner)) return inner;
  const isLatex = FAULTY_ESCAPE.test(inner.replaceAll("\\\\", ""));
  let out = "";
  for (let at = 0; at < inner.length; at++) {
    const char = inner[at] ?? "";
    if (char === "\\") {
      const kept = keptEscape(inner, at, isLatex);
      out += kept === 0 ? "\\\\" : inner.slice(at, at + kept);
      at += Math.max(kept, 1) - 1;
    } else if (char === '"') out += '\\"';
    else if (char < " ") out += CONTROLS[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
    else out += char;
  }
  return out;
}

/** Characters of a valid escape at this backslash; 0 if it is to be taken for a plain backslash. */
function keptEscape(inner: string, at: number, isLatex: boolean): number {
  const next = inner[at + 1] ?? "";
  if (next === "u") return /^[0-9a-fA-F]{4}$/.test(inner.slice(at + 2, at + 6)) ? 6 : 0;
  if (!'"\\/bfnrt'.includes(next) || next === "") return 0;
  if (isLatex && LATEX.test(inner.slice(at + 1, at + 16))) return 0;
  return 2;
}

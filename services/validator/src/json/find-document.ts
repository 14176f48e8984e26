/** A stretch of a text that holds a JSON document, by its brackets. */
export interface Region {
  readonly start: number;
  /** One behind the closing bracket; the text's length if it never closes. */
  readonly end: number;
  readonly closed: boolean;
}

const QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Finds the documents in a text that also says other things, in order. An object must begin with a quoted name (or be empty), a list
 * with such an object, so that brackets in prose are no documents; at the very beginning of a bare or fenced text anything goes. The
 * strings inside may be faulty. A document that never closes ends the search: what stands inside it is not the answer.
 */
export function findDocuments(text: string): Region[] {
  const regions: Region[] = [];
  const bodyStart = startOfBody(text);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== OPEN_BRACE && code !== OPEN_BRACKET) continue;
    if (at !== bodyStart && !looksLikeDocument(text, at)) continue;
    const region = regionFrom(text, at);
    regions.push(region);
    if (!region.closed) break;
    at = region.end - 1;
  }
  return regions;
}

const LEAD = /^[\s\ufeff]*(?:```[\w-]*\s*)?/;
const OBJECT_START = /\{\s*["“}]/y;
const LIST_START = /\[\s*\{\s*["“]/y;

function startOfBody(text: string): number {
  return LEAD.exec(text)?.[0].length ?? 0;
}

function looksLikeDocument(text: string, at: number): boolean {
  const pattern = text.charCodeAt(at) === OPEN_BRACE ? OBJECT_START : LIST_START;
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** Follows the brackets from an opening one. Brackets that close another kind end the region unclosed. */
function regionFrom(text: string, start: number): Region {
  const stack: number[] = [];
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN_BRACE || code === OPEN_BRACKET) stack.push(code);
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      const opening = stack.pop();
      if (opening !== (code === CLOSE_BRACE ? OPEN_BRACE : OPEN_BRACKET)) break;
      if (stack.length === 0) return { start, end: at + 1, closed: true };
    } else if (code === QUOTE || (code === SINGLE_QUOTE && opensString(text, at))) {
      at = endOfString(text, at, stack.at(-1) === OPEN_BRACE);
    }
  }
  return { start, end: text.length, closed: false };
}

/** A single quote opens a string only where a value or a name may begin. */
function opensString(text: string, at: number): boolean {
  return "{[,:".includes(text[skipSpaceBack(text, at - 1)] ?? "{");
}

/**
 * Finds the quote that ends the string which `at` opens. A quote that is not followed by what may follow a string belongs to the
 * string: models forget to escape it. Gives the text's length if there is none.
 */
export function endOfString(text: string, at: number, inObject: boolean): number {
  const quote = text.charCodeAt(at);
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === quote && mayEnd(text, i, inObject)) return i;
  }
  return text.length;
}

function mayEnd(text: string, quoteAt: number, inObject: boolean): boolean {
  const next = skipSpace(text, quoteAt + 1);
  switch (text[next]) {
    case undefined:
    case ":":
    case "}":
    case "]":
      return true;
    case ",": {
      const after = text[skipSpace(text, next + 1)] ?? "";
      return inObject ? `"'}`.includes(after) : `"'{[]-0123456789tfn`.includes(after);
    }
    // A comma may be missing between two members.
    case '"':
      return text.slice(quoteAt + 1, next).includes("\n");
    default:
      return false;
  }
}

/** The first place at or behind `from` that holds no white space. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function skipSpaceBack(text: string, from: number): number {
  let at = from;
  while (at >= 0 && isSpace(text.charCodeAt(at))) at--;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

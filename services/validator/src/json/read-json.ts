import { jsonrepair } from "jsonrepair";
import { withTimeLimit } from "../time-limit.ts";
import { findDocuments, type Region } from "./find-document.ts";
import { mendForm } from "./mend-form.ts";

/** What a text holds that was to be JSON. */
export type JsonReading =
  | { readonly kind: "strict"; readonly value: unknown }
  | { readonly kind: "repaired"; readonly value: unknown; readonly text: string; readonly how: string }
  | { readonly kind: "broken"; readonly why: string };

/** A parse that fails is dear: it is spared where the first character tells. */
const BEGINS_LIKE_JSON = /^[ \t\r\n]*["{[\d\-tfn]/;
/** Longer texts are not repaired. */
const REPAIR_CHARS_MAX = 512 * 1024;
/** The last resort, for longer documents, would take too long. */
const REWRITE_CHARS_MAX = 64 * 1024;
const REWRITE_MS_MAX = 30;
/** Of many documents in one text only the longest are tried. */
const REGIONS_MAX = 8;

/**
 * Reads a text that was to be one JSON document. A document inside a code fence or inside prose, and one with faults of form (control
 * characters, escapes, commas, quotes), can be repaired; one that is cut off or lacks content cannot: nothing is ever made up.
 */
export function readJson(text: string): JsonReading {
  const strict = BEGINS_LIKE_JSON.test(text) ? parse(text) : undefined;
  if (strict !== undefined) return { kind: "strict", value: strict.value };
  if (text.trim() === "") return broken("there is no text");
  if (text.length > REPAIR_CHARS_MAX) return broken("not JSON, and too long to be repaired");
  const regions = findDocuments(text);
  const last = regions.at(-1);
  if (last === undefined) return broken("there is no JSON in the text");
  if (last.closed) {
    for (const region of byLength(regions).slice(0, REGIONS_MAX)) {
      const read = readRegion(text, region);
      if (read !== undefined) return read;
    }
  }
  return (
    readSecondTry(text, last.start) ??
    broken(last.closed ? "not valid JSON, and not to be repaired without guessing" : "the JSON is cut off")
  );
}

/** A model that noticed its fault begins a new fence and writes the document again. */
function readSecondTry(text: string, after: number): JsonReading | undefined {
  const fence = text.lastIndexOf("```json");
  if (fence <= after) return undefined;
  const [region] = findDocuments(text.slice(fence));
  if (region?.closed !== true) return undefined;
  return readRegion(text, { start: fence + region.start, end: fence + region.end, closed: true });
}

interface Parsed {
  readonly value: unknown;
}

function parse(text: string): Parsed | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function broken(why: string): JsonReading {
  return { kind: "broken", why };
}

function byLength(regions: readonly Region[]): Region[] {
  return regions.toSorted((a, b) => b.end - b.start - (a.end - a.start));
}

function readRegion(text: string, region: Region): Extract<JsonReading, { kind: "repaired" }> | undefined {
  const document = text.slice(region.start, region.end);
  const around = aroundIs(text, region);
  const asItIs = parse(document);
  if (asItIs !== undefined) return { kind: "repaired", value: asItIs.value, text: document, how: around };
  const mended = mendForm(document);
  const whole = parse(mended);
  if (whole !== undefined) {
    return { kind: "repaired", value: whole.value, text: mended, how: join(around, "faulty strings or commas") };
  }
  const rewritten = rewrite(mended);
  const parsed = rewritten === undefined ? undefined : parse(rewritten);
  if (rewritten === undefined || parsed === undefined) return undefined;
  return { kind: "repaired", value: parsed.value, text: rewritten, how: join(around, "faulty syntax") };
}

function aroundIs(text: string, { start, end }: Region): string {
  const around = `${text.slice(0, start)}\0${text.slice(end)}`.replaceAll(/```[\w-]*/g, "");
  if (/^[\s\ufeff]*\0\s*$/.test(around)) return text.includes("```") ? "in a code fence" : "";
  return "surrounded by other text";
}

function join(around: string, faults: string): string {
  return around === "" ? faults : `${around}, ${faults}`;
}

/** Lets the repair library rewrite the form, and accepts that only if every letter and digit is still there and none is new. */
function rewrite(document: string): string | undefined {
  if (document.length > REWRITE_CHARS_MAX) return undefined;
  try {
    const timed = withTimeLimit(REWRITE_MS_MAX, () => jsonrepair(document));
    return timed.done && substance(timed.value) === substance(document) ? timed.value : undefined;
  } catch {
    // What the library cannot repair either stays broken.
    return undefined;
  }
}

const WORDS_OF_PYTHON: Readonly<Record<string, string>> = { True: "true", False: "false", None: "null" };

function substance(text: string): string {
  return text
    .replaceAll(/\b(?:True|False|None)\b/g, (word) => WORDS_OF_PYTHON[word] ?? word)
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
}

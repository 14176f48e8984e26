type Raw = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0);

/** A citation in OpenAI's kinds. */
export interface Citation {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Citations of any provider, given as JSON text, in OpenAI's kinds. */
export function readCitations(json: string): Citation[] {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    // What is not JSON cannot be shown; the answer's own content goes on.
    return [];
  }
  return Array.isArray(list) ? toCitations(list) : [];
}

/**
 * Turns citations of any provider into OpenAI's kinds; what a provider says beyond stays beside. One that names neither an address nor a
 * file has no kind there and is left out.
 */
export function toCitations(list: readonly unknown[]): Citation[] {
  return list.map(toCitation).filter((one) => one !== undefined);
}

function toCitation(raw: unknown): Citation | undefined {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return undefined;
  const { url_citation: nested, ...flat } = raw as Raw;
  const given: Raw = typeof nested === "object" && nested !== null ? { ...flat, ...nested } : flat;
  const type = text(given["type"]);
  if (type === "file_citation" || type === "file_path") {
    return {
      ...given,
      type,
      file_id: text(given["file_id"]),
      filename: text(given["filename"]),
      index: count(given["index"]),
    };
  }
  const url = text(given["url"]) || text(given["source"]);
  if (url !== "") {
    const place = { start_index: count(given["start_index"]), end_index: count(given["end_index"]) };
    return { ...given, type: "url_citation", url, title: text(given["title"]), ...place };
  }
  const title = text(given["document_title"]) || text(given["filename"]);
  const isFile = given["document_index"] !== undefined || given["file_id"] !== undefined;
  if (!isFile) return undefined;
  const index = count(given["document_index"]);
  return { ...given, type: "file_citation", file_id: text(given["file_id"]), filename: title, index };
}

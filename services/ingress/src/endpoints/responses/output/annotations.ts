type Raw = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0);

/**
 * Turns annotations of any provider into the dialect's own kinds; what a provider says beyond stays beside. One that names neither an
 * address nor a file has no kind here and is left out.
 */
export function toAnnotations(json: string): object[] {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    // What is not JSON cannot be shown; the answer's own content goes on.
    return [];
  }
  return Array.isArray(list) ? list.map(toAnnotation).filter((one) => one !== undefined) : [];
}

function toAnnotation(raw: unknown): object | undefined {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return undefined;
  const { url_citation: nested, ...flat } = raw as Raw;
  const given: Raw = typeof nested === "object" && nested !== null ? { ...flat, ...nested } : flat;
  const type = text(given["type"]);
  if (type === "file_citation" || type === "file_path") {
    return {
      ...given,
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

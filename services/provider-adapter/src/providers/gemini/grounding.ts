import { isObject, objectsOf, textOf } from "./wire.ts";

/** Most citations printed for one answer. */
const CITATIONS_MAX = 1_000;

interface Source {
  readonly url: string;
  readonly title: string;
}

interface Citation {
  readonly type: "url_citation";
  readonly url_citation: Source & { readonly start_index: number; readonly end_index: number };
}

const cite = (source: Source, start: number, end: number): Citation => ({
  type: "url_citation",
  url_citation: { ...source, start_index: start, end_index: end },
});

function sourceOf(entry: Readonly<Record<string, unknown>>): Source | undefined {
  const place = entry["web"] ?? entry["retrievedContext"] ?? entry["maps"] ?? entry["image"];
  if (!isObject(place)) return undefined;
  const url = textOf(place["uri"]) || textOf(place["sourceUri"]);
  return url === "" ? undefined : { url, title: textOf(place["title"]) || textOf(place["domain"]) };
}

/** Google counts bytes; callers count characters. The passage itself says where it stands. */
function placeOf(segment: unknown, text: string, from: number): readonly [number, number] {
  const passage = isObject(segment) ? textOf(segment["text"]) : "";
  if (passage === "") return [0, 0];
  let at = text.indexOf(passage, from);
  if (at === -1) at = text.indexOf(passage);
  return at === -1 ? [0, 0] : [at, at + passage.length];
}

function ofGrounding(metadata: Readonly<Record<string, unknown>>, text: string): Citation[] {
  const sources = Array.isArray(metadata["groundingChunks"])
    ? (metadata["groundingChunks"] as unknown[]).map((entry) => (isObject(entry) ? sourceOf(entry) : undefined))
    : [];
  const citations: Citation[] = [];
  const cited = new Set<Source>();
  let from = 0;
  for (const support of objectsOf(metadata["groundingSupports"])) {
    const [start, end] = placeOf(support["segment"], text, from);
    from = end;
    const indices = Array.isArray(support["groundingChunkIndices"]) ? support["groundingChunkIndices"] : [];
    for (const index of indices as unknown[]) {
      const source = typeof index === "number" ? sources[index] : undefined;
      if (source === undefined) continue;
      cited.add(source);
      citations.push(cite(source, start, end));
    }
  }
  for (const source of sources) if (source !== undefined && !cited.has(source)) citations.push(cite(source, 0, 0));
  return citations;
}

function ofCitations(metadata: Readonly<Record<string, unknown>>, text: string): Citation[] {
  const bytes = Buffer.from(text);
  const characters = (at: unknown): number =>
    typeof at === "number" && at > 0 ? bytes.subarray(0, at).toString("utf8").length : 0;
  const entries = objectsOf(metadata["citations"] ?? metadata["citationSources"]);
  return entries.flatMap((entry) => {
    const url = textOf(entry["uri"]);
    if (url === "") return [];
    return [
      cite({ url, title: textOf(entry["title"]) }, characters(entry["startIndex"]), characters(entry["endIndex"])),
    ];
  });
}

/** Citations of an answer in the form callers know, as JSON text; "" if there are none. What Google sent stays beside the finish. */
export function annotationsOf(grounding: unknown, citation: unknown, text: string): string {
  const all = [
    ...(isObject(grounding) ? ofGrounding(grounding, text) : []),
    ...(isObject(citation) ? ofCitations(citation, text) : []),
  ];
  return all.length === 0 ? "" : JSON.stringify(all.slice(0, CITATIONS_MAX));
}

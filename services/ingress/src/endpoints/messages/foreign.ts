import { parseExtra } from "../chat-completions/response.ts";

type Fields = Readonly<Record<string, unknown>>;

const DATA_URL = /^data:([^;,]*)[^,]*;base64,/;

function parseList(json: string): unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : [];
  } catch {
    // A citation that cannot be read must not cost the caller its answer.
    return [];
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An address another dialect's provider quoted, in the form this dialect gives what a search found. */
function toCitation(annotation: unknown): Fields | undefined {
  if (!isFields(annotation)) return undefined;
  const { url_citation: nested } = annotation;
  const place = isFields(nested) ? nested : annotation;
  const { url, title } = place;
  if (typeof url !== "string") return undefined;
  const shown = typeof title === "string" && title !== "" ? title : null;
  return { type: "web_search_result_location", cited_text: "", encrypted_index: "", title: shown, url };
}

/** The citations of an answer; those of a provider of this dialect are as they came. */
export function toCitations(json: string, native: boolean): unknown[] {
  const list = parseList(json);
  return native ? list : list.map(toCitation).filter((citation) => citation !== undefined);
}

/** Pictures a provider of another dialect made, as blocks. */
export function imageBlocks(extraJson: string): Fields[] {
  const { images } = parseExtra(extraJson);
  if (!Array.isArray(images)) return [];
  return (images as unknown[]).flatMap((image) => {
    const place = isFields(image) ? image["image_url"] : undefined;
    const url = isFields(place) ? place["url"] : undefined;
    if (typeof url !== "string") return [];
    const match = DATA_URL.exec(url);
    const source =
      match === null
        ? { type: "url", url }
        : { type: "base64", media_type: match[1] ?? "", data: url.slice(match[0].length) };
    return [{ type: "image", source }];
  });
}

import { parseExtra } from "../chat-completions/response.ts";

export type Fields = Readonly<Record<string, unknown>>;

const DATA_URL = /^data:([^;,]*)[^,]*;base64,/;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function parseList(json: string): Fields[] {
  try {
    return objectsIn(JSON.parse(json));
  } catch {
    // A citation that cannot be read must not cost the caller its answer.
    return [];
  }
}

/** Addresses that another dialect's provider quoted, in the form Google gives what a search found; places are counted in bytes there. */
export function groundingOf(json: string, text: string): Fields {
  const groundingChunks: Fields[] = [];
  const groundingSupports: Fields[] = [];
  for (const annotation of parseList(json)) {
    const { url_citation: nested } = annotation;
    const place = isFields(nested) ? nested : annotation;
    const { url, title, start_index: start, end_index: end } = place;
    if (typeof url !== "string") continue;
    const chunk = groundingChunks.push({ web: { uri: url, ...(typeof title === "string" && { title }) } }) - 1;
    if (typeof start !== "number" || typeof end !== "number" || end <= start) continue;
    const segment = {
      startIndex: Buffer.byteLength(text.slice(0, start)),
      endIndex: Buffer.byteLength(text.slice(0, end)),
      text: text.slice(start, end),
    };
    groundingSupports.push({ segment, groundingChunkIndices: [chunk] });
  }
  return groundingChunks.length === 0 ? {} : { groundingMetadata: { groundingChunks, groundingSupports } };
}

/** Pictures a provider of another dialect made, as parts. */
export function imageParts(extraJson: string): Record<string, unknown>[] {
  return objectsIn(parseExtra(extraJson)["images"]).flatMap(({ image_url: place }): Record<string, unknown>[] => {
    const url = isFields(place) ? place["url"] : undefined;
    if (typeof url !== "string") return [];
    const match = DATA_URL.exec(url);
    if (match === null) return [{ fileData: { fileUri: url } }];
    return [{ inlineData: { mimeType: match[1] ?? "", data: url.slice(match[0].length) } }];
  });
}

/** Log probabilities in Google's form. */
export function logprobsResult(json: string): Fields {
  const content = objectsIn(parseExtra(json)["content"]);
  const toCandidate = ({ token, logprob }: Fields): Fields => ({ token, logProbability: logprob });
  return {
    chosenCandidates: content.map(toCandidate),
    topCandidates: content.map(({ top_logprobs: top }) => ({ candidates: objectsIn(top).map(toCandidate) })),
  };
}

/** Joins the lists of two results. */
export function joinResults(before: unknown, more: Fields): Fields {
  if (!isFields(before)) return more;
  const joined: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(more)) {
    const list = joined[name];
    joined[name] =
      Array.isArray(list) && Array.isArray(value) ? [...(list as unknown[]), ...(value as unknown[])] : value;
  }
  return joined;
}

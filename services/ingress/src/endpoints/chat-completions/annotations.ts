import { type Citation, toCitations } from "../../answer/annotations.ts";

/** Fields of a message that cite. OpenAI's chats know addresses alone; files that were cited stand beside. */
export interface CitingFields {
  readonly annotations?: readonly object[];
  readonly file_citations?: readonly object[];
}

/** Citations of any provider as fields of a message; none if there are none. */
export function citingFields(list: readonly unknown[]): CitingFields {
  if (list.length === 0) return {};
  const citations = toCitations(list);
  const urls = citations.filter(({ type }) => type === "url_citation");
  const files = citations.filter(({ type }) => type !== "url_citation");
  return {
    ...(urls.length > 0 && { annotations: urls.map(nested) }),
    ...(files.length > 0 && { file_citations: files }),
  };
}

/** Chats keep what is cited one object deeper. */
function nested({ type, ...url_citation }: Citation): object {
  return { type, url_citation };
}

import { Usage } from "@sluice/proto/common/v1/usage";

/** Most tags a request may have, and most characters of a name or value; what is beyond is cut. */
const TAGS_MAX = 16;
const TAG_LENGTH_MAX = 256;

/** Consumption as the books keep it: classes only, in JSON. */
export function usageText(usage: Usage): string {
  return JSON.stringify(Usage.toJSON(usage.rawJson === "" ? usage : { ...usage, rawJson: "" }));
}

/** Consumption from the books' text; undefined where only sums are known. */
export function usageOf(text: string): Usage | undefined {
  return text === "" ? undefined : Usage.fromJSON(JSON.parse(text));
}

/** Tags as the books keep them: JSON with sorted keys, so that the same tags are the same text; empty if there are none. */
export function tagsText(tags: Readonly<Record<string, string>>): string {
  const names = Object.keys(tags).sort().slice(0, TAGS_MAX);
  if (names.length === 0) return "";
  return JSON.stringify(Object.fromEntries(names.map((name) => [clean(name), clean(tags[name] ?? "")])));
}

/** Tags from the books' text. */
export function tagsOf(text: string): Record<string, string> {
  return text === "" ? {} : (JSON.parse(text) as Record<string, string>);
}

/** Without what PostgreSQL refuses in text (NUL, half a surrogate pair): one such fact would stop a whole batch. */
export function clean(text: string): string {
  return text.replaceAll("\u0000", "").slice(0, TAG_LENGTH_MAX).toWellFormed();
}

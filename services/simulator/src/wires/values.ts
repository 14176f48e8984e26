/** A JSON object of a request. */
export type Body = Readonly<Record<string, unknown>>;

export const isBody = (value: unknown): value is Body =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object, or an empty one for anything else. */
export function object(value: unknown): Body {
  return isBody(value) ? value : {};
}

/** The elements of a list, each as an object; none for anything else. */
export function objects(value: unknown): Body[] {
  return Array.isArray(value) ? value.map(object) : [];
}

/** UTF-8 bytes of a text; 0 for anything else. */
export function textBytes(value: unknown): number {
  return typeof value === "string" ? Buffer.byteLength(value) : 0;
}

/** UTF-8 bytes of a value's JSON; 0 if it is absent. */
export function jsonBytes(value: unknown): number {
  return value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
}

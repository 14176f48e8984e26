/**
 * A request whose tokens are to be counted holds the contents alone, or a whole request under a name of its own. Anything else is left for
 * the parser to judge.
 */
export function countedRequest(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return body;
  const fields = body as Readonly<Record<string, unknown>>;
  return fields["generateContentRequest"] ?? fields["generate_content_request"] ?? body;
}

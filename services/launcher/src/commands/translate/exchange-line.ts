import { z } from "zod";

/**
 * One recorded exchange. Lenient: of the request only what the answer's form depends on is read, and everything a recorder adds is its own.
 */
export const exchangeLine = z.looseObject({
  id: z.union([z.string(), z.number()]).nullish(),
  provider: z.string().min(1).max(256),
  api: z.string().min(1).max(256),
  model: z.string().nullish().catch(undefined),
  request: z
    .looseObject({
      body: z
        .looseObject({
          model: z.string().nullish().catch(undefined),
          stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish().catch(undefined),
        })
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
  response: z.looseObject({
    status: z.int().min(100).max(599),
    headers: z.record(z.string(), z.unknown()).nullish(),
    body: z.unknown().optional(),
    sse: z.string().nullish(),
    ndjson: z.string().nullish(),
    eventstream_base64: z.string().nullish(),
    events: z
      .array(z.looseObject({ headers: z.record(z.string(), z.unknown()).nullish(), payload: z.unknown() }))
      .nullish(),
  }),
});

export type ExchangeLine = z.output<typeof exchangeLine>;

/** The recorded headers that can be read, names in lower case. */
export function headersOf(line: ExchangeLine): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(line.response.headers ?? {})) {
    if (typeof value === "string" || typeof value === "number") headers[name.toLowerCase()] = String(value);
    else if (Array.isArray(value)) headers[name.toLowerCase()] = value.map(String);
  }
  return headers;
}

/** The id of a line that may have nothing else right; null if it has none. */
export function idOf(value: unknown): string | number | null {
  const { id } = Object(value) as { readonly id?: unknown };
  return typeof id === "string" || typeof id === "number" ? id : null;
}

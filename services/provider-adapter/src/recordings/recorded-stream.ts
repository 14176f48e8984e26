import type { Framing } from "../provider.ts";

/** A recorded stream: its bytes as they came, or its events where a recorder kept only those. */
export type RecordedStream =
  | { readonly framing: Framing; readonly bytes: Uint8Array }
  | { readonly events: readonly { readonly name: string; readonly data: string }[] };

/** The forms in which recorders keep streams; at most one of them is given. */
export interface KeptStream {
  /** Server-sent events, as text. */
  readonly sse?: string | null | undefined;
  /** JSON texts, one a line. */
  readonly ndjson?: string | null | undefined;
  /** AWS's frames. */
  readonly eventstream_base64?: string | null | undefined;
  /** The same frames, decoded. */
  readonly events?: readonly { readonly headers?: unknown; readonly payload?: unknown }[] | null | undefined;
}

/** A recorded stream, in whatever form it was kept; undefined for a plain answer. */
export function recordedStream({
  sse,
  ndjson,
  eventstream_base64: frames,
  events,
}: KeptStream): RecordedStream | undefined {
  if (typeof sse === "string") return { framing: "sse", bytes: Buffer.from(sse) };
  if (typeof ndjson === "string") return { framing: "lines", bytes: Buffer.from(ndjson) };
  if (typeof frames === "string") return { framing: "aws", bytes: Buffer.from(frames, "base64") };
  if (!Array.isArray(events)) return undefined;
  return { events: events.map(({ headers, payload }) => ({ name: nameOf(headers), data: textOf(payload) })) };
}

/** The name of a decoded frame: failures bear "error:" before their type, as the readers want it. */
function nameOf(headers: unknown): string {
  const all = Object(headers) as Readonly<Record<string, unknown>>;
  const type = (name: string): string => (typeof all[name] === "string" ? all[name] : "");
  if (type(":message-type") === "exception") return `error:${type(":exception-type")}`;
  return type(":event-type");
}

const textOf = (payload: unknown): string => (typeof payload === "string" ? payload : JSON.stringify(payload ?? {}));

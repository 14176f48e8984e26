import type { WireChat } from "../../serve/wire.ts";

/** A request that can be answered. */
export interface GenerateRequest extends WireChat {
  /** Whether thoughts are shown; they are billed all the same. */
  readonly includeThoughts: boolean;
  /** How a stream is framed: server-sent events, or one JSON array. */
  readonly framing: "sse" | "array";
}

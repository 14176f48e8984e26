/** What a stream does next. A chunk is one event on the wire and says how many tokens it delivers. */
export type Step =
  | { readonly kind: "chunk"; readonly text: string; readonly tokens: number; readonly reasoningTokens: number }
  /** Destroy the connection. */
  | { readonly kind: "cut" }
  /** Say nothing more and keep the connection open. */
  | { readonly kind: "stall" }
  /** Write this and end in order, as failed. */
  | { readonly kind: "fail"; readonly text: string };

/** Chunk numbers at which a stream goes wrong; undefined = it does not. */
export interface StreamFaults {
  readonly cutAfter?: number | undefined;
  readonly stallAfter?: number | undefined;
  readonly failAfter?: number | undefined;
  /** 1-based number of the chunk to break. */
  readonly malformedAt?: number | undefined;
  /** The event that tells of a failure after so many chunks. */
  readonly failure: (passed: number) => string;
  /** Breaks a chunk's text so that it does not parse. */
  readonly breakEvent: (text: string) => string;
}

/** Passes chunks on until a fault's turn has come. A fault beyond the last chunk never happens. */
export function* applyStreamFaults(chunks: Iterable<Step>, faults: StreamFaults): Generator<Step> {
  let passed = 0;
  for (const chunk of chunks) {
    if (passed === faults.cutAfter) return yield { kind: "cut" };
    if (passed === faults.stallAfter) return yield { kind: "stall" };
    if (passed === faults.failAfter) return yield { kind: "fail", text: faults.failure(passed) };
    passed++;
    yield passed === faults.malformedAt && chunk.kind === "chunk"
      ? { ...chunk, text: faults.breakEvent(chunk.text) }
      : chunk;
  }
}

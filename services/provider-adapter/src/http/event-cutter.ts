import type { Framing } from "../provider.ts";
import { createFrameReader } from "./aws-frames.ts";
import { createLineReader, createSseReader } from "./sse.ts";

/**
 * Takes one event of a stream: its name ("" when unnamed) and its data.
 * `complete` is false only for a last event that the stream's end cut off.
 */
export type OnEvent = (name: string, data: string, complete: boolean) => void;

/** Cuts a stream into events, from bytes that may be split anywhere. */
export interface EventCutter {
  /** Emits each event these bytes complete. @throws upstream_bad_response when it cannot be read or is over the limit */
  push(bytes: Uint8Array, emit: OnEvent): void;
  /** Emits what is pending at the stream's end. */
  end(emit: OnEvent): void;
}

const CUTTERS: Readonly<Record<Framing, (maxLength: number) => EventCutter>> = {
  sse: createSseReader,
  aws: createFrameReader,
  lines: createLineReader,
};

/** Makes the reader of one stream. `maxLength` bounds an event, in characters or bytes. */
export function createEventCutter(framing: Framing, maxLength: number): EventCutter {
  return CUTTERS[framing](maxLength);
}

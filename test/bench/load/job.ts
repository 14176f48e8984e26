/** One window of load: so many clients, each asking again as soon as it has its answer. */
export interface Job {
  readonly url: string;
  readonly apiKey: string;
  /** Sent besides the key and the content type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly stream: boolean;
  readonly clients: number;
  readonly durationMs: number;
}

/** What the clients of one window saw. Latencies are of whole answers, in milliseconds. */
export interface Outcome {
  readonly requests: number;
  readonly deltas: number;
  readonly errors: number;
  /** The first thing that went wrong, for the reader. */
  readonly firstError: string | undefined;
  /** From the start of the window to the last answer. */
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From asking to the first byte of the body. */
  readonly firstByteP50Ms: number;
}

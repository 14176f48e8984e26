/** A message of the NATS connection, as far as the bus needs it. */
export interface WireMessage {
  readonly subject: string;
  readonly reply: string | undefined;
  /** Status code of a message the server made itself (404, 408, 409, 503, …); 0 for facts. */
  readonly status: number;
  readonly description: string;
  header(name: string): string | undefined;
  text(): string;
}

export type WireHeaders = readonly (readonly [name: string, value: string])[];

/** One NATS connection. It lives until it breaks and is never repaired: the link dials a new one. */
export interface Wire {
  publish(subject: string, data: string, options?: { readonly reply?: string; readonly headers?: WireHeaders }): void;
  /** Subject may end in a wildcard; returns the way to end it. */
  subscribe(subject: string, onMessage: (message: WireMessage) => void): () => void;
  request(subject: string, data: string, headers?: WireHeaders): Promise<WireMessage>;
  /** A subject no one else uses. */
  inbox(): string;
  /** Resolves when the connection is gone, with the reason if there is one. */
  readonly gone: Promise<unknown>;
  close(): Promise<void>;
}

/** One request to a provider. */
export interface OutboundRequest {
  /** Scheme, host and port, e.g. `https://api.openai.com`. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Header names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface ResponseHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
}

/**
 * One exchange in flight: the head, then the body in the pieces the network brought. One reader at a time.
 * Any failure, an abort included, rejects the call that waits and every later one.
 */
export interface Exchange {
  /** True once bytes of the request may have left this machine. */
  readonly sent: boolean;
  /** Resolves when the provider's status and headers are here. */
  head(): Promise<ResponseHead>;
  /** The next bytes, or undefined at the body's end. */
  read(): Promise<Uint8Array | undefined>;
  /** Ends the exchange at once and closes its connection; `reason` is what pending calls reject with. */
  abort(reason: Error): void;
  /** The answer is complete as far as its meaning goes: reads the rest away for the connection's sake, briefly. */
  finish(): void;
}

/** Starts an exchange; never throws, failures come through the exchange. `onSent` is called when a connection took it. */
export type Send = (request: OutboundRequest, onSent: () => void) => Exchange;

/** The first value of a header, or undefined. */
export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

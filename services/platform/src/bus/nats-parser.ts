import { NatsMessage } from "./nats-message.ts";

/** What a NATS server sends (docs.nats.io, "Client Protocol"). */
export interface NatsListener {
  info(json: string): void;
  message(subscription: string, message: NatsMessage): void;
  ping(): void;
  pong(): void;
  error(text: string): void;
}

const LINE_FEED = 0x0a;
const END_BYTES = 2;
/** A control line is shorter; a longer one is another protocol. INFO names the servers of a whole cluster. */
const LINE_BYTES_MAX = 1_048_576;
const NO_BYTES = Buffer.alloc(0);

/** Cuts what arrives into operations. */
export class NatsParser {
  readonly #listener: NatsListener;
  #rest: Buffer = NO_BYTES;

  constructor(listener: NatsListener) {
    this.#listener = listener;
  }

  /** @throws RangeError for what is not this protocol */
  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(LINE_FEED, at);
      if (end < 0) break;
      const line = bytes.toString("latin1", at, end > at && bytes[end - 1] === 0x0d ? end - 1 : end);
      const next = this.#operation(line, bytes, end + 1);
      if (next < 0) break;
      at = next;
    }
    this.#rest = at === bytes.length ? NO_BYTES : bytes.subarray(at);
    if (this.#rest.length > LINE_BYTES_MAX && this.#rest.indexOf(LINE_FEED) < 0)
      throw new RangeError("No NATS server.");
  }

  /** Where the next operation begins; -1 if this one is not whole yet. */
  #operation(line: string, bytes: Buffer, after: number): number {
    const [kind = "", ...tokens] = line.split(" ");
    if (kind === "MSG" || kind === "HMSG") return this.#message(kind === "HMSG", tokens, { bytes, from: after });
    const rest = line.slice(kind.length + 1);
    if (kind === "PING") this.#listener.ping();
    else if (kind === "PONG") this.#listener.pong();
    // Cluster names may hold any letters.
    else if (kind === "INFO") this.#listener.info(Buffer.from(rest, "latin1").toString());
    else if (kind === "-ERR") this.#listener.error(rest.replace(/^'|'$/g, ""));
    else if (kind !== "+OK" && kind !== "") throw new RangeError(`A NATS server does not say "${kind.slice(0, 20)}".`);
    return after;
  }

  #message(headed: boolean, tokens: readonly string[], { bytes, from }: { bytes: Buffer; from: number }): number {
    const sizes = headed ? 2 : 1;
    const [subject = "", subscription = "", reply] = tokens;
    const total = Number(tokens.at(-1));
    const head = headed ? Number(tokens.at(-2)) : 0;
    if (!(head <= total)) throw new RangeError("A NATS message has no size.");
    const end = from + total;
    if (end + END_BYTES > bytes.length) return -1;
    const message = new NatsMessage({
      subject,
      reply: tokens.length > 2 + sizes ? reply : undefined,
      block: headed ? bytes.toString("utf8", from, from + head) : "",
      data: bytes.subarray(from + head, end),
    });
    this.#listener.message(subscription, message);
    return end + END_BYTES;
  }
}

import type { WireHeaders, WireMessage } from "./wire.ts";

const VERSION = "NATS/1.0";

/** A header block as it is sent. Names and values are printable and hold no line ends. */
export function printHeaders(headers: WireHeaders): string {
  let text = `${VERSION}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}

/** A message that has arrived. What most readers do not need is taken apart when they ask. */
export class NatsMessage implements WireMessage {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly status: number;
  readonly description: string;
  readonly #block: string;
  readonly #data: Buffer;
  #headers: Map<string, string> | undefined;

  /** @param block the header block, empty if there is none */
  constructor(message: { subject: string; reply: string | undefined; block: string; data: Buffer }) {
    this.subject = message.subject;
    this.reply = message.reply;
    this.#block = message.block;
    this.#data = message.data;
    // Only what the server says itself has a code in the first line.
    const line = this.#block.slice(VERSION.length, Math.max(0, this.#block.indexOf("\r\n"))).trim();
    this.status = line === "" ? 0 : Number.parseInt(line, 10) || 0;
    this.description = line.replace(/^\d+\s*/, "");
  }

  header(name: string): string | undefined {
    this.#headers ??= parseHeaders(this.#block);
    return this.#headers.get(name.toLowerCase()) || undefined;
  }

  text(): string {
    return this.#data.toString();
  }
}

function parseHeaders(block: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of block.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (name !== "" && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

import { randomBytes } from "node:crypto";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { SluiceError } from "../errors/index.ts";
import { printHeaders } from "./nats-message.ts";
import { NatsParser } from "./nats-parser.ts";
import type { Wire, WireHeaders, WireMessage } from "./wire.ts";

export interface NatsWireOptions {
  /** `host:port` of the server. */
  readonly server: string;
  readonly user?: string;
  readonly password?: string;
  /** Shown in the server's list of connections. */
  readonly name?: string;
}

const REQUEST_TIMEOUT_MS = 5_000;
const DIAL_TIMEOUT_MS = 5_000;
const CLOSE_FLUSH_MS = 1_000;
const PING_EVERY_MS = 10_000;
/** Unanswered pings after which the server counts as gone. */
const PINGS_UNANSWERED_MAX = 2;

/** Connects to one NATS server. @throws unavailable if it cannot be reached or refuses */
export async function dialNats(options: NatsWireOptions): Promise<Wire> {
  const wire = new NatsWire(options);
  await wire.ready;
  return wire;
}

interface ServerInfo {
  readonly tls_required?: boolean;
}

interface Asked {
  resolve(message: WireMessage): void;
  reject(error: SluiceError): void;
  readonly timer: NodeJS.Timeout;
}

/** One connection that lives until it breaks. What is sent in one turn of the event loop is one write. */
class NatsWire implements Wire {
  readonly gone: Promise<unknown>;
  readonly ready: Promise<void>;
  readonly #options: NatsWireOptions;
  readonly #prefix = inboxName();
  readonly #parser: NatsParser;
  readonly #subscriptions = new Map<string, (message: WireMessage) => void>();
  readonly #asked = new Map<string, Asked>();
  readonly #pongs: (() => void)[] = [];
  readonly #dialling: NodeJS.Timeout;
  #pinging: NodeJS.Timeout | undefined;
  #end: (reason: unknown) => void = () => undefined;
  #socket: Socket;
  #outgoing: string[] = [];
  #scheduled = false;
  #greeted = false;
  #closed = false;
  #refusal: string | undefined;
  #count = 0;

  constructor(options: NatsWireOptions) {
    this.#options = options;
    this.#parser = new NatsParser({
      info: (json) => this.#greet(json),
      message: (subscription, message) => this.#subscriptions.get(subscription)?.(message),
      ping: () => this.#send("PONG\r\n"),
      pong: () => this.#pongs.shift()?.(),
      error: (text) => {
        this.#refusal = text;
      },
    });
    this.gone = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#dialling = setTimeout(() => this.#break(new Error("no answer")), DIAL_TIMEOUT_MS);
    this.ready = new Promise((resolve, reject) => {
      this.#pongs.push(resolve);
      this.gone.then((reason) => reject(unreachable(options.server, reason)));
    });
    this.ready.then(
      () => this.#begin(),
      () => undefined,
    );
    const colon = options.server.lastIndexOf(":");
    const host = options.server.slice(0, colon).replace(/^\[|\]$/g, "");
    this.#socket = this.#listen(connectPlain({ host, port: Number(options.server.slice(colon + 1)) }));
  }

  publish(subject: string, data: string, options?: { readonly reply?: string; readonly headers?: WireHeaders }): void {
    const to = options?.reply === undefined ? subject : `${subject} ${options.reply}`;
    const bytes = Buffer.byteLength(data);
    if (options?.headers === undefined) {
      this.#send(`PUB ${to} ${bytes}\r\n${data}\r\n`);
      return;
    }
    const head = printHeaders(options.headers);
    const headBytes = Buffer.byteLength(head);
    this.#send(`HPUB ${to} ${headBytes} ${headBytes + bytes}\r\n${head}${data}\r\n`);
  }

  subscribe(subject: string, onMessage: (message: WireMessage) => void): () => void {
    const number = String(++this.#count);
    this.#subscriptions.set(number, onMessage);
    this.#send(`SUB ${subject} ${number}\r\n`);
    return () => {
      if (this.#subscriptions.delete(number)) this.#send(`UNSUB ${number}\r\n`);
    };
  }

  request(subject: string, data: string, headers?: WireHeaders): Promise<WireMessage> {
    if (this.#closed) return Promise.reject(unreachable(this.#options.server, "closed"));
    return new Promise((resolve, reject) => {
      const token = String(++this.#count);
      const timer = setTimeout(() => {
        this.#asked.delete(token);
        reject(unreachable(this.#options.server, "no answer"));
      }, REQUEST_TIMEOUT_MS);
      this.#asked.set(token, { resolve, reject, timer });
      this.publish(subject, data, {
        reply: `${this.#prefix}.${token}`,
        ...(headers === undefined ? {} : { headers }),
      });
    });
  }

  inbox(): string {
    return inboxName();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    // Sends what is buffered, acknowledgements among it; a server that hangs is not waited for.
    const flushed = new Promise<void>((resolve) => {
      this.#pongs.push(resolve);
    });
    this.#send("PING\r\n");
    const late = setTimeout(() => this.#break(undefined), CLOSE_FLUSH_MS);
    await Promise.race([flushed, this.gone]);
    clearTimeout(late);
    this.#break(undefined);
  }

  #listen(socket: Socket): Socket {
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      try {
        this.#parser.take(chunk);
      } catch (error) {
        this.#break(error);
      }
    });
    socket.on("error", (error) => this.#break(error));
    socket.on("close", () => this.#break(new Error(this.#refusal ?? "the server closed the connection")));
    return socket;
  }

  /** The server names itself first; later it tells of changes in its cluster, which the next dial will find out. */
  #greet(json: string): void {
    if (this.#greeted) return;
    this.#greeted = true;
    const { tls_required = false } = JSON.parse(json) as ServerInfo;
    const { user, password, name, server } = this.#options;
    if (tls_required) {
      this.#socket.removeAllListeners("data");
      const servername = server.slice(0, server.lastIndexOf(":"));
      this.#socket = this.#listen(connectTls({ socket: this.#socket, servername }));
    }
    const hello = {
      ...{ verbose: false, pedantic: false, echo: true, headers: true, no_responders: true, protocol: 1 },
      ...{ lang: "sluice", version: "1", tls_required },
      ...(name === undefined ? {} : { name }),
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
    };
    this.#send(`CONNECT ${JSON.stringify(hello)}\r\nPING\r\n`);
  }

  #begin(): void {
    clearTimeout(this.#dialling);
    this.subscribe(`${this.#prefix}.*`, (message) => {
      const token = message.subject.slice(this.#prefix.length + 1);
      const asked = this.#asked.get(token);
      this.#asked.delete(token);
      clearTimeout(asked?.timer);
      asked?.resolve(message);
    });
    this.#pinging = setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  #ping(): void {
    if (this.#pongs.length >= PINGS_UNANSWERED_MAX) {
      this.#break(new Error("the server does not answer"));
      return;
    }
    this.#pongs.push(() => undefined);
    this.#send("PING\r\n");
  }

  /** Between the break and the news of it something may still be sent; what is lost here is sent again anyway. */
  #send(text: string): void {
    if (this.#closed) return;
    this.#outgoing.push(text);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const texts = this.#outgoing;
      this.#outgoing = [];
      if (!this.#closed) this.#socket.write(texts.join(""));
    });
  }

  #break(reason: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#dialling);
    clearInterval(this.#pinging);
    this.#socket.destroy();
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(unreachable(this.#options.server, "the connection broke"));
    }
    this.#asked.clear();
    this.#end(this.#refusal === undefined ? reason : new Error(this.#refusal));
  }
}

function inboxName(): string {
  return `_INBOX.${randomBytes(12).toString("hex")}`;
}

function unreachable(server: string, reason: unknown): SluiceError {
  const why = reason instanceof Error ? reason.message : String(reason);
  return new SluiceError("unavailable", `NATS at ${server} cannot be used: ${why}; check bus.servers.`, {
    cause: reason,
  });
}

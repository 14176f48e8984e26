import { SluiceError } from "@sluice/platform/errors";
import type { Logger } from "@sluice/platform/log";
import {
  type BoundService,
  type ByteChannel,
  type CallOptions,
  type Carrier,
  type Channel,
  type FailureHook,
  type MessageChannel,
  openGrpcChannel,
  openLocalChannel,
} from "@sluice/platform/rpc";
import { ownerOf } from "./targets.ts";

export interface WiringOptions {
  /** Names of the services that run in this process. */
  readonly here: ReadonlySet<string>;
  /** gRPC address (`host:port`) by service name. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly secret: string;
  readonly maxMessageBytes: number;
  readonly log: Logger;
}

/**
 * The one place that decides how a contract is reached: by a local channel if its owner runs in this process, by gRPC otherwise. Services
 * get channels from here and cannot tell the difference.
 */
export class Wiring {
  readonly #options: WiringOptions;
  readonly #local = new Map<string, MessageChannel>();
  readonly #remote = new Map<string, Promise<ByteChannel>>();
  readonly #onFailure: FailureHook;

  constructor(options: WiringOptions) {
    this.#options = options;
    this.#onFailure = (path, error) => options.log.error({ err: error, rpc: path }, "handler failed");
  }

  get onFailure(): FailureHook {
    return this.#onFailure;
  }

  /** Makes the contracts of a started service callable in this process. */
  serve(service: string, services: readonly BoundService[]): void {
    this.#local.set(service, openLocalChannel({ services, onFailure: this.#onFailure }));
  }

  /** @throws invalid_request if the owner runs elsewhere and the configuration does not say where */
  channelFor(contract: string): Channel {
    const owner = ownerOf(contract);
    if (this.#options.here.has(owner)) return new LateChannel("messages", async () => this.#startedHere(owner));
    const address = this.#options.addresses[owner];
    if (address === undefined) {
      throw new SluiceError(
        "invalid_request",
        `Service ${owner} does not run in this process and rpc.addresses.${owner} is not set; set it to its host:port.`,
      );
    }
    const connecting = this.#connect(address);
    return new LateChannel("bytes", () => connecting);
  }

  async close(): Promise<void> {
    const remote = await Promise.all(this.#remote.values());
    await Promise.all([...this.#local.values(), ...remote].map((channel) => channel.close()));
  }

  #startedHere(owner: string): MessageChannel {
    const channel = this.#local.get(owner);
    if (channel === undefined) throw new SluiceError("unavailable", `Service ${owner} has not started yet.`);
    return channel;
  }

  #connect(address: string): Promise<ByteChannel> {
    let channel = this.#remote.get(address);
    if (channel === undefined) {
      const { secret, maxMessageBytes } = this.#options;
      channel = openGrpcChannel({ address, secret, maxMessageBytes });
      this.#remote.set(address, channel);
    }
    return channel;
  }
}

/** Finds its channel at the first call: services start one after another and may call one that starts later. */
class LateChannel<Carries extends string, Message> implements Carrier<Carries, Message> {
  readonly carries: Carries;
  readonly #find: () => Promise<Carrier<Carries, Message>>;
  #found: Carrier<Carries, Message> | undefined;

  constructor(carries: Carries, find: () => Promise<Carrier<Carries, Message>>) {
    this.carries = carries;
    this.#find = find;
  }

  unary(method: string, request: Message, options: CallOptions): Promise<Message> {
    if (this.#found !== undefined) return this.#found.unary(method, request, options);
    return this.#resolve().then((channel) => channel.unary(method, request, options));
  }

  serverStream(method: string, request: Message, options: CallOptions): AsyncIterable<Message> {
    if (this.#found !== undefined) return this.#found.serverStream(method, request, options);
    const resolve = () => this.#resolve();
    return {
      async *[Symbol.asyncIterator]() {
        yield* (await resolve()).serverStream(method, request, options);
      },
    };
  }

  /** The wiring closes the channels it opened. */
  async close(): Promise<void> {
    this.#found = undefined;
  }

  async #resolve(): Promise<Carrier<Carries, Message>> {
    this.#found = await this.#find();
    return this.#found;
  }
}
